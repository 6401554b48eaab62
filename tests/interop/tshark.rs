//! tshark (Wireshark's): what reads the captures that are made of journeys.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
use std::process::Command;

#[test]
fn a_capture_of_a_call_is_read_as_sip_and_nothing_in_it_is_malformed() {
    let exchange = Exchange::start(&Plan::sample());
    let mut crowd = Crowd::new(&exchange);
    let seats = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    crowd.register(&seats);
    crowd.connects(seats[0], "102", seats[1]);
    crowd.hangs_up(seats[0]);
    crowd.is_over(seats[1]);
    let file = exchange.folder.file("call.pcap");
    wait::until("the end of the call", wait::SOON, || {
        let shown = exchange.command(&["show", "last"]);
        String::from_utf8_lossy(&shown.stdout).contains(" ends: ").then_some(())
    });
    exchange.asks(&["show", "last", "--pcap", file.to_str().unwrap()]);
    let fields = ["-e", "sip.Method", "-e", "sip.Status-Code", "-e", "_ws.malformed", "-e", "sdp.media"];
    let port = format!("udp.port=={},sip", exchange.sip.port());
    let output = Command::new("tshark")
        .args([
            "-r",
            file.to_str().unwrap(),
            "-d",
            &port,
            "-o",
            "udp.check_checksum:TRUE",
            "-T",
            "fields",
            "-E",
            "separator=;",
        ])
        .args(fields)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() >= 12, "{text}{}", String::from_utf8_lossy(&output.stderr));
    for begins in ["INVITE;", ";401;", ";180;", ";200;", "ACK;", "BYE;"] {
        assert!(lines.iter().any(|line| line.starts_with(begins)), "{begins} {text}");
    }
    assert!(lines.iter().all(|line| line.split(';').nth(2) == Some("")), "{text}");
    assert!(text.contains("audio"), "{text}");
}
