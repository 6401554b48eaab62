/* Makes the vectors of codecs with spandsp; see README.md. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <spandsp.h>

#define MAX 65536

static int16_t pcm[MAX], back[MAX];
static uint8_t code[MAX];

static int read_pcm(const char *name) {
    FILE *f = fopen(name, "rb");
    int n = fread(pcm, 2, MAX, f);
    fclose(f);
    return n;
}

static void write_all(const char *name, const void *bytes, int size, int count) {
    FILE *f = fopen(name, "wb");
    fwrite(bytes, size, count, f);
    fclose(f);
}

static void g722(void) {
    int n = read_pcm("speech-16k.s16");
    int bytes = g722_encode(g722_encode_init(NULL, 64000, 0), code, pcm, n);
    write_all("g722.bin", code, 1, bytes);
}

/* Half as loud: spandsp does not limit what it decodes to 16 bits, it runs over. */
static void g726(int rate, int packing, const char *name, const char *decoded) {
    int n = read_pcm("speech-8k.s16");
    for (int i = 0; i < n; i++)
        pcm[i] >>= 1;
    int bytes = g726_encode(g726_init(NULL, rate, G726_ENCODING_LINEAR, packing), code, pcm, n);
    write_all(name, code, 1, bytes);
    if (decoded) {
        int samples = g726_decode(g726_init(NULL, rate, G726_ENCODING_LINEAR, packing), back, code, bytes);
        write_all(decoded, back, 2, samples);
    }
}

static void gsm(void) {
    int n = read_pcm("speech-8k.s16");
    int bytes = gsm0610_encode(gsm0610_init(NULL, GSM0610_PACKING_VOIP), code, pcm, n);
    write_all("gsm.bin", code, 1, bytes);
    int samples = gsm0610_decode(gsm0610_init(NULL, GSM0610_PACKING_VOIP), back, code, bytes);
    write_all("gsm.s16", back, 2, samples);
}

/* Packets of 20 ms, each with its header, one after the other. */
static void dvi4(const char *from, int per_packet, const char *name, const char *decoded) {
    int n = read_pcm(from), bytes = 0, samples = 0;
    ima_adpcm_state_t *coder = ima_adpcm_init(NULL, IMA_ADPCM_DVI4, 0);
    ima_adpcm_state_t *decoder = ima_adpcm_init(NULL, IMA_ADPCM_DVI4, 0);
    for (int at = 0; at + per_packet <= n; at += per_packet) {
        int size = ima_adpcm_encode(coder, code + bytes, pcm + at, per_packet);
        samples += ima_adpcm_decode(decoder, back + samples, code + bytes, size);
        bytes += size;
    }
    write_all(name, code, 1, bytes);
    write_all(decoded, back, 2, samples);
    printf("%s: %d bytes, %d samples of %d\n", name, bytes, samples, n);
}

/* What ours has encoded is decoded, too: both must understand each other. */
static void lpc10(void) {
    int n = read_pcm("speech-8k.s16") / 180 * 180;
    int bytes = lpc10_encode(lpc10_encode_init(NULL, 1), code, pcm, n);
    write_all("lpc10.bin", code, 1, bytes);
    int samples = lpc10_decode(lpc10_decode_init(NULL, 1), back, code, bytes);
    write_all("lpc10.s16", back, 2, samples);
    FILE *f = fopen("lpc10-ours.bin", "rb");
    bytes = f ? fread(code, 1, MAX, f) : 0;
    samples = lpc10_decode(lpc10_decode_init(NULL, 1), back, code, bytes);
    write_all("lpc10-ours.s16", back, 2, samples);
}

/* Runs of samples that get one code: the lowest of each, low byte first, and the code. And what each code becomes. */
static void g711(uint8_t (*encode)(int), int16_t (*decode)(uint8_t), const char *name, const char *decoded) {
    int size = 0;
    for (int sample = -32768; sample < 32768; sample++) {
        uint8_t now = encode(sample);
        if (size == 0 || code[size - 1] != now) {
            code[size++] = sample & 0xff;
            code[size++] = sample >> 8 & 0xff;
            code[size++] = now;
        }
    }
    write_all(name, code, 1, size);
    for (int number = 0; number < 256; number++)
        back[number] = decode(number);
    write_all(decoded, back, 2, 256);
}

static uint8_t to_ulaw(int sample) { return linear_to_ulaw(sample); }
static uint8_t to_alaw(int sample) { return linear_to_alaw(sample); }
static int16_t of_ulaw(uint8_t number) { return ulaw_to_linear(number); }
static int16_t of_alaw(uint8_t number) { return alaw_to_linear(number); }

int main(void) {
    g711(to_ulaw, of_ulaw, "g711-ulaw.bin", "g711-ulaw.s16");
    g711(to_alaw, of_alaw, "g711-alaw.bin", "g711-alaw.s16");
    g722();
    for (int bits = 2; bits <= 5; bits++) {
        char le[32], aal2[32], decoded[32];
        sprintf(le, "g726-%d.bin", bits * 8);
        sprintf(aal2, "g726-%d-aal2.bin", bits * 8);
        sprintf(decoded, "g726-%d.s16", bits * 8);
        g726(bits * 8000, G726_PACKING_RIGHT, le, decoded);
        g726(bits * 8000, G726_PACKING_LEFT, aal2, NULL);
    }
    gsm();
    lpc10();
    dvi4("speech-8k.s16", 160, "dvi4-8k.bin", "dvi4-8k.s16");
    dvi4("speech-16k.s16", 320, "dvi4-16k.bin", "dvi4-16k.s16");
    return 0;
}
