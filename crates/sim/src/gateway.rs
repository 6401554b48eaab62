//! A provider's gateway at which people call and are called: each of its calls is a phone of its own, told by the Call-ID.
//! What is no call it answers like a [`crate::Provider`].

use crate::handset::{Handset, PhoneSpec};
use crate::media_side::MediaSide;
use crate::office::key;
use crate::phone_node::PhoneNode;
use crate::provider::ProviderNode;
use crate::run::Inner;
use crate::sounds::Sound;
use crate::{OFFICE, World};
use bytes::Bytes;
use cordboard_base::{Format, Hop, Interface, Networks, Transport};
use cordboard_phone::{Input as PhoneInput, Phone, PhoneConfig};
use cordboard_sip::endpoint;
use cordboard_sip::message::{Message, parse_datagram};
use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

/// What the world knows of a gateway.
#[derive(Debug)]
pub(crate) struct GatewayNode {
    pub(crate) provider: ProviderNode,
    /// Call-ID → phone.
    calls: BTreeMap<String, usize>,
    /// Calls to it are refused with this status.
    pub(crate) refuses: Option<u16>,
    /// Phones that were called at it, in order.
    pub(crate) called: Vec<usize>,
    /// Calls that came to it, refused ones too: the number in the Request-URI.
    pub(crate) numbers: Vec<String>,
}

impl GatewayNode {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            provider: ProviderNode::new(address),
            calls: BTreeMap::new(),
            refuses: None,
            called: Vec::new(),
            numbers: Vec::new(),
        }
    }
}

/// Who has a phone at a place, before anything has come to it there.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
    /// The office's domain.
    pub domain: String,
    /// Where the phone is.
    pub address: SocketAddr,
}

/// Formats that a phone of a rehearsal takes: those that most offices have.
fn formats() -> Vec<Format> {
    vec![
        Format::new(8, "PCMA", 8_000),
        Format::new(0, "PCMU", 8_000),
        Format::new(9, "G722", 8_000),
        Format::new(111, "opus", 48_000),
    ]
}

fn phone_config(seed: u64, index: usize, seat: &Seat) -> PhoneConfig {
    let key = key(seed, 100 + u16::try_from(index).unwrap_or(0));
    let interface = Interface { address: seat.address.ip(), bits: 24, external: None };
    let networks = Networks { interfaces: vec![interface], local: Vec::new() };
    let mut endpoint = endpoint::Config::new(key, 1, networks);
    endpoint.user_agent = format!("Phone {}", seat.user);
    PhoneConfig {
        user: seat.user.clone(),
        display: String::new(),
        password: seat.password.clone(),
        domain: seat.domain.clone(),
        server: Hop::new(Transport::Udp, OFFICE),
        codecs: formats(),
        telephone_event: true,
        ptime_ms: 20,
        // Longer than any test.
        expires_s: 1_000_000_000,
        auto_answer_ms: None,
        late_offer: false,
        endpoint,
    }
}

impl World {
    /// A user's phone at its seat; it is made when it is first asked for, or called.
    pub fn seat(&self, address: SocketAddr) -> Option<Handset> {
        let index = self.inner(|inner| inner.sit_down(address))?;
        Some(Handset { world: self.clone(), index })
    }

    /// A seat more, and the phone there.
    pub fn further_seat(&self, seat: Seat) -> Option<Handset> {
        let address = seat.address;
        self.inner(|inner| inner.seats.insert(address, seat));
        self.seat(address)
    }

    /// A gateway.
    pub fn gateway(&self, name: &str, address: SocketAddr) {
        self.inner(|inner| {
            inner.ladder.names.insert(address, name.to_owned());
            inner.gateways.push(GatewayNode::new(address));
        });
    }

    /// Somebody who calls by a gateway: a number and a name. Nothing is dialled yet.
    pub fn outsider(&self, gateway: SocketAddr, number: &str, name: &str, domain: &str) -> Handset {
        let index = self.inner(|inner| inner.outsider(gateway, number, name, domain));
        Handset { world: self.clone(), index }
    }

    /// Those who were called at a gateway and are not refused, in order.
    pub fn called_at(&self, gateway: SocketAddr) -> Vec<Handset> {
        let called =
            self.inner(|inner| inner.gateway(gateway).map(|it| it.called.clone()).unwrap_or_default());
        called.into_iter().map(|index| Handset { world: self.clone(), index }).collect()
    }

    /// The numbers that were called at a gateway, in order, refused ones too.
    pub fn numbers_called_at(&self, gateway: SocketAddr) -> Vec<String> {
        self.inner(|inner| inner.gateway(gateway).map(|it| it.numbers.clone()).unwrap_or_default())
    }

    /// A gateway answers nothing any more, or answers again.
    pub fn gateway_lives(&self, gateway: SocketAddr, whether: bool) {
        self.inner(|inner| {
            if let Some(it) = inner.gateway(gateway) {
                it.provider.alive = whether;
            }
        });
    }

    /// A gateway refuses calls with a status, or takes them again.
    pub fn gateway_refuses(&self, gateway: SocketAddr, status: Option<u16>) {
        self.inner(|inner| {
            if let Some(it) = inner.gateway(gateway) {
                it.refuses = status;
            }
        });
    }
}

impl Inner {
    fn gateway(&mut self, address: SocketAddr) -> Option<&mut GatewayNode> {
        self.gateways.iter_mut().find(|it| it.provider.address == address)
    }

    /// The phone at a seat.
    pub(crate) fn sit_down(&mut self, address: SocketAddr) -> Option<usize> {
        if let Some(index) = self.phones.iter().position(|phone| phone.sip == address) {
            return Some(index);
        }
        let seat = self.seats.get(&address)?.clone();
        let index = self.phones.len();
        let config = phone_config(self.seed, index, &seat);
        self.ladder.names.insert(address, seat.user.clone());
        self.add_phone(config, address);
        Some(index)
    }

    fn add_phone(&mut self, config: PhoneConfig, address: SocketAddr) {
        let user = config.user.clone();
        let media = MediaSide::new(address.ip(), self.office.setup.anchor, 1);
        let spec = PhoneSpec::new(config);
        // A rehearsal's phones have no voice of their own: who says what is known by name.
        let node = PhoneNode::new(&user, Phone::new(spec.config), media, address, Sound::Voice(0));
        self.phones.push(node);
    }

    fn outsider(&mut self, gateway: SocketAddr, number: &str, name: &str, domain: &str) -> usize {
        let index = self.phones.len();
        let seat = Seat {
            user: number.to_owned(),
            password: String::new(),
            domain: domain.to_owned(),
            address: gateway,
        };
        let mut config = phone_config(self.seed, index, &seat);
        config.display = name.to_owned();
        self.add_phone(config, gateway);
        index
    }

    /// A datagram for a gateway.
    pub(crate) fn arrive_at_gateway(&mut self, to: SocketAddr, from: SocketAddr, bytes: Bytes) {
        let Some(gateway) = self.gateway(to) else { return };
        if !gateway.provider.alive {
            return;
        }
        let call = call_id(&bytes);
        let known = call.as_ref().and_then(|call| gateway.calls.get(call)).copied();
        let index = match known {
            Some(index) => index,
            None if bytes.starts_with(b"INVITE ") => match self.called_anew(to, call.as_deref(), &bytes) {
                Ok(index) => index,
                Err(answer) => return answer.into_iter().for_each(|answer| self.send(to, from, answer)),
            },
            None => {
                let answer = gateway.provider.answer(&bytes);
                return answer.into_iter().for_each(|answer| self.send(to, from, answer));
            }
        };
        let from = Hop::new(Transport::Udp, from);
        self.tell_phone(index, PhoneInput::Message { from, bytes });
    }

    /// Somebody is called at a gateway; an error is the refusal that is sent.
    fn called_anew(
        &mut self,
        to: SocketAddr,
        call: Option<&str>,
        bytes: &Bytes,
    ) -> Result<usize, Option<Bytes>> {
        let Ok(Message::Request(invite)) = parse_datagram(bytes) else { return Err(None) };
        let number = invite.uri.user.clone().unwrap_or_default();
        let index = self.phones.len();
        let gateway = self.gateway(to).ok_or(None)?;
        if gateway.numbers.is_empty() || call.is_some_and(|call| !gateway.calls.contains_key(call)) {
            gateway.numbers.push(number.clone());
        }
        if let Some(status) = gateway.refuses {
            return Err(Some(crate::provider::tagged(&invite, status).to_bytes()));
        }
        gateway.called.push(index);
        gateway.calls.insert(call.unwrap_or_default().to_owned(), index);
        Ok(self.outsider(to, &number, "", &to.ip().to_string()))
    }

    /// A phone at a gateway sends: its answers are that call's. Says whether it gets away.
    pub(crate) fn leaves_gateway(&mut self, from: SocketAddr, phone: usize, bytes: &Bytes) -> bool {
        let Some(gateway) = self.gateway(from) else { return true };
        if let Some(call) = call_id(bytes) {
            gateway.calls.insert(call, phone);
        }
        gateway.provider.alive
    }

    pub(crate) fn is_gateway(&self, address: SocketAddr) -> bool {
        self.gateways.iter().any(|it| it.provider.address == address)
    }
}

fn call_id(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.trim().eq_ignore_ascii_case("call-id") || name.trim().eq_ignore_ascii_case("i");
        is_it.then(|| value.trim().to_owned())
    })
}

/// The address of a user's phone: the index-th of the office's.
pub fn seat_address(index: u32) -> SocketAddr {
    let bytes = (0x0a01_0000_u32 + index).to_be_bytes();
    SocketAddr::new(IpAddr::from(bytes), 5060)
}
