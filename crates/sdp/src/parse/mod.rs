//! Reading a description (RFC 8866 §9). One pass over the lines; nothing is kept of a line that says nothing to an exchange.
//!
//! Lenient: line ends `\r\n`, `\n` or `\r`, blank lines, missing `o= s= t=`, lines in another order within their section,
//! Latin-1 names, several spaces, `rtpmap` of numbers that the stream does not name. Strict: `v=0` first, media lines,
//! payload numbers, addresses.

mod values;

use crate::payload;
use crate::{
    Address, Attribute, Family, LineFault, Media, MediaKind, Origin, Payloads, SdpError, SessionDescription,
    Timing,
};
use cordboard_base::{Direction, Format};

impl SessionDescription {
    /// The longest description that is read: a SIP message over UDP can't carry more. Longer ones are refused.
    pub const SIZE_MAX: usize = 64 * 1024;
    /// The most media lines: a phone has two, a video room system five. More are refused.
    pub const MEDIA_MAX: usize = 32;
    /// The most formats on one media line: half of all payload numbers. More are refused.
    pub const FORMATS_MAX: usize = 64;
    /// The most lines of one section, the session's or a stream's: browsers write about a hundred. More are refused.
    pub const LINES_MAX: usize = 256;

    /// Reads a description.
    pub fn parse(bytes: &[u8]) -> Result<Self, SdpError> {
        if bytes.len() > Self::SIZE_MAX {
            return Err(SdpError::TooLong { size: bytes.len() });
        }
        let text = String::from_utf8_lossy(bytes);
        // A `\r\n` gives a blank line in between, so lines are counted by `\n` only.
        let mut lines = text
            .split('\n')
            .enumerate()
            .flat_map(|(index, line)| line.split('\r').map(move |part| (index + 1, part)))
            .filter(|(_, line)| !line.trim().is_empty());
        match lines.next() {
            Some((_, first)) if first.trim_end() == "v=0" => {}
            Some(_) | None => return Err(SdpError::NotSdp),
        }
        let mut reader = Reader::new();
        for (line, text) in lines {
            reader.line(text).map_err(|what| SdpError::Line { line, what })?;
        }
        reader.finish()
    }
}

/// A stream that is being read, with what counts only once all its lines are in.
struct OpenMedia {
    media: Media,
    direction: Option<Direction>,
    rtpmaps: Vec<Format>,
    fmtps: Vec<(u8, String)>,
}

struct Reader {
    origin: Option<Origin>,
    description: SessionDescription,
    direction: Option<Direction>,
    open: Option<OpenMedia>,
    in_section: usize,
}

impl Reader {
    fn new() -> Self {
        let nobody = Origin {
            username: "-".to_owned(),
            session_id: "0".to_owned(),
            version: "0".to_owned(),
            address: Address::unspecified(Family::V4),
        };
        let description = SessionDescription {
            origin: nobody,
            name: "-".to_owned(),
            connection: None,
            bandwidth: Vec::new(),
            times: Vec::new(),
            attributes: Vec::new(),
            media: Vec::new(),
        };
        Self { origin: None, description, direction: None, open: None, in_section: 0 }
    }

    fn line(&mut self, text: &str) -> Result<(), LineFault> {
        if text.contains('\0') {
            return Err(LineFault::Zero);
        }
        let (letter, value) = text.split_once('=').ok_or(LineFault::Syntax)?;
        if letter != "m" {
            self.in_section += 1;
            if self.in_section > SessionDescription::LINES_MAX {
                return Err(LineFault::TooMany);
            }
        }
        let value = value.trim();
        match letter {
            "o" => self.origin = Some(values::origin(value)?),
            "s" if !value.is_empty() => self.description.name = value.to_owned(),
            "t" => self.description.times.push(values::timing(value)?),
            "c" => self.connection(value)?,
            "b" => self.bandwidth(value),
            "a" => self.attribute(value),
            "m" => self.media(value)?,
            "v" | "s" | "i" | "u" | "e" | "p" | "r" | "z" | "k" => {}
            // Some phones send lines of their own; a letter is a letter (RFC 8866 §5: unknown types are to be ignored).
            other if other.len() == 1 && other.bytes().all(|b| b.is_ascii_alphabetic()) => {}
            _ => return Err(LineFault::Syntax),
        }
        Ok(())
    }

    fn connection(&mut self, value: &str) -> Result<(), LineFault> {
        let address = values::address(value)?;
        let slot = match &mut self.open {
            Some(open) => &mut open.media.connection,
            None => &mut self.description.connection,
        };
        // Several c= lines of one stream are layers of a multicast: the first one counts.
        slot.get_or_insert(address);
        Ok(())
    }

    fn bandwidth(&mut self, value: &str) {
        match &mut self.open {
            Some(open) => open.media.bandwidth.push(value.to_owned()),
            None => self.description.bandwidth.push(value.to_owned()),
        }
    }

    fn attribute(&mut self, text: &str) {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text, None),
        };
        if name.is_empty() {
            return;
        }
        if let Some(direction) = values::direction(name) {
            match &mut self.open {
                Some(open) => open.direction = Some(direction),
                None => self.direction = Some(direction),
            }
            return;
        }
        let attribute = Attribute { name: name.to_owned(), value: value.map(str::to_owned) };
        match &mut self.open {
            Some(open) => open.attribute(attribute),
            None => self.description.attributes.push(attribute),
        }
    }

    fn media(&mut self, value: &str) -> Result<(), LineFault> {
        self.close();
        self.in_section = 0;
        if self.description.media.len() >= SessionDescription::MEDIA_MAX {
            return Err(LineFault::TooMany);
        }
        let mut words = value.split_ascii_whitespace();
        let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next()) else {
            return Err(LineFault::Media);
        };
        let (port, port_count) = port.split_once('/').unwrap_or((port, "1"));
        let port = port.parse().map_err(|_| LineFault::Media)?;
        let port_count = port_count.parse().map_err(|_| LineFault::Media)?;
        let formats: Vec<&str> = words.collect();
        let media = Media {
            kind: MediaKind::from_token(kind),
            port,
            port_count,
            protocol: protocol.to_owned(),
            payloads: values::payloads(port, protocol, &formats)?,
            connection: None,
            bandwidth: Vec::new(),
            attributes: Vec::new(),
            direction: Direction::SendRecv,
            ptime_ms: None,
            maxptime_ms: None,
            rtcp: None,
            rtcp_mux: false,
        };
        self.open = Some(OpenMedia { media, direction: None, rtpmaps: Vec::new(), fmtps: Vec::new() });
        Ok(())
    }

    /// Ends the stream that is being read. RFC 8866 §6.7: the session's direction is the default of its streams.
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.description.media.push(open.close(self.direction.unwrap_or_default()));
        }
    }

    fn finish(mut self) -> Result<SessionDescription, SdpError> {
        self.close();
        let mut description = self.description;
        if let Some(origin) = self.origin {
            description.origin = origin;
        }
        if description.times.is_empty() {
            description.times.push(Timing::default());
        }
        let bare = |media: &Media| media.port != 0 && media.connection.is_none();
        match description.media.iter().position(bare) {
            Some(index) if description.connection.is_none() => Err(SdpError::NoAddress { index }),
            Some(_) | None => Ok(description),
        }
    }
}

impl OpenMedia {
    fn attribute(&mut self, attribute: Attribute) {
        let value = attribute.value.as_deref().unwrap_or("");
        match attribute.name.as_str() {
            "rtpmap" => {
                if let Some((number, encoding)) = values::numbered(value)
                    && let Some(format) = payload::rtpmap(number, encoding)
                {
                    self.rtpmaps.push(format);
                }
            }
            "fmtp" => {
                // Of a stream that is not RTP the parameters are kept as they are.
                match (&self.media.payloads, values::numbered(value)) {
                    (Payloads::Rtp(_), Some((number, fmtp))) => self.fmtps.push((number, fmtp.to_owned())),
                    (Payloads::Rtp(_), None) => {}
                    (Payloads::Other(_), _) => self.media.attributes.push(attribute),
                }
            }
            "ptime" => self.media.ptime_ms = values::milliseconds(value),
            "maxptime" => self.media.maxptime_ms = values::milliseconds(value),
            "rtcp-mux" => self.media.rtcp_mux = true,
            "rtcp" => self.media.rtcp = values::rtcp(value),
            _ => self.media.attributes.push(attribute),
        }
    }

    fn close(mut self, default_direction: Direction) -> Media {
        self.media.direction = self.direction.unwrap_or(default_direction);
        if let Payloads::Rtp(formats) = &mut self.media.payloads {
            for format in formats {
                let number = format.payload_type;
                if let Some(said) = self.rtpmaps.iter().find(|said| said.payload_type == number) {
                    *format = said.clone();
                }
                if let Some((_, fmtp)) = self.fmtps.iter().find(|(said, _)| *said == number) {
                    format.fmtp.clone_from(fmtp);
                }
            }
        }
        self.media
    }
}
