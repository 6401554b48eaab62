//! `pjsip.conf`: endpoints with their addresses of record and secrets become users; those that we register at, that have an
//! address of their own or are known by one become trunks.

use super::codecs::allowed;
use super::phones::{Phones, Trunk, User, caller_id, groups};
use super::{bounded, leftovers};
use crate::conf::{Conf, Entry, Section};
use crate::report::Report;

/// Keys of endpoints that are translated.
const KNOWN: [&str; 22] = [
    "type",
    "aors",
    "auth",
    "outbound_auth",
    "context",
    "allow",
    "disallow",
    "callerid",
    "language",
    "mailboxes",
    "call_group",
    "pickup_group",
    "named_call_group",
    "named_pickup_group",
    "device_state_busy_at",
    "from_user",
    "from_domain",
    "transport",
    "trust_id_outbound",
    "send_pai",
    "send_rpid",
    "moh_suggest",
];

/// Keys whose matter is done by itself here, or is the exchange's own.
const HANDLED: [&str; 43] = [
    "direct_media",
    "rtp_symmetric",
    "force_rport",
    "rewrite_contact",
    "dtmf_mode",
    "ice_support",
    "rtp_timeout",
    "rtp_timeout_hold",
    "rtp_keepalive",
    "identify_by",
    "trust_id_inbound",
    "timers",
    "timers_sess_expires",
    "timers_min_se",
    "100rel",
    "aggregate_mwi",
    "mwi_from_external",
    "mwi_subscribe_replaces_unsolicited",
    "allow_subscribe",
    "sub_min_expiry",
    "inband_progress",
    "tos_audio",
    "cos_audio",
    "tos_video",
    "cos_video",
    "use_ptime",
    "message_context",
    "subscribe_context",
    "allow_transfer",
    "user_eq_phone",
    "sdp_owner",
    "sdp_session",
    "tone_zone",
    "device_state",
    "direct_media_method",
    "disable_direct_media_on_nat",
    "media_use_received_transport",
    "connected_line_method",
    "one_touch_recording",
    "send_connected_line",
    "bind_rtp_to_media_address",
    "media_address",
    "moh_passthrough",
];

/// Takes users and trunks out of it.
pub(super) fn read(conf: &Conf, phones: &mut Phones, report: &mut Report) {
    let of_type = |kind: &'static str| conf.real().filter(move |section| section.get("type") == Some(kind));
    for section in of_type("transport") {
        transport(section, phones, report);
    }
    let all = Sections { conf };
    for endpoint in of_type("endpoint") {
        leftovers(endpoint, &KNOWN, &HANDLED, report);
        if endpoint.get("media_encryption").is_some_and(|way| way != "no") {
            let place = endpoint.entry("media_encryption").map_or(&endpoint.place, |entry| &entry.place);
            report.note(
                place,
                &endpoint.name,
                "media encryption is not set here: it is as phones and trunks offer it",
            );
        }
        if all.is_trunk(endpoint) {
            phones.trunk(&endpoint.name, all.trunk(endpoint, report), report);
        } else {
            phones.user(&endpoint.name, all.user(endpoint, report), report);
        }
    }
    for section in conf.real().filter(|section| section.get("type").is_none()) {
        report.lost(&section.place, &format!("[{}]", section.name), "this section has no `type`");
    }
    let others = ["endpoint", "aor", "auth", "registration", "identify", "transport", "global", "system"];
    for section in conf.real() {
        if let Some(kind) = section.entry("type").filter(|kind| !others.contains(&kind.value.as_str())) {
            let source = format!("[{}] type = {}", section.name, kind.value);
            report.lost(&kind.place, &source, "there is nothing like it");
        }
    }
}

fn transport(section: &Section, phones: &mut Phones, report: &mut Report) {
    let protocol = section.get("protocol").unwrap_or("udp");
    let port = if protocol == "tls" { 5_061 } else { 5_060 };
    if let Some(bind) = section.get("bind") {
        let address = if bind.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok())
            && !bind.ends_with(']')
        {
            bind.to_owned()
        } else {
            format!("{bind}:{port}")
        };
        match (protocol, address.parse::<core::net::SocketAddr>()) {
            ("udp" | "tcp" | "tls", Ok(address)) => {
                phones.listen.entry(protocol.to_owned()).or_default().push(address.to_string());
            }
            _ => report.lost(
                &section.place,
                &format!("bind = {bind} ({protocol})"),
                "this can't be listened at",
            ),
        }
    }
    for key in ["external_media_address", "external_signaling_address"] {
        if let Some(entry) = section.entry(key) {
            match entry.value.parse::<core::net::IpAddr>() {
                Ok(address) => phones.network.external = address.to_string(),
                Err(_) => report.lost(
                    &entry.place,
                    &format!("{key} = {}", entry.value),
                    "only an address can stand here",
                ),
            }
        }
    }
    for entry in section.all("local_net") {
        phones.network.local.push(super::sip::prefix(&entry.value));
    }
    for key in ["cert_file", "priv_key_file", "ca_list_file"] {
        if let Some(entry) = section.entry(key) {
            let source = format!("{key} = {}", entry.value);
            report.note(&entry.place, &source, "name it in [tls] of etc/cordboard.toml");
        }
    }
}

struct Sections<'a> {
    conf: &'a Conf,
}

impl<'a> Sections<'a> {
    fn named(&self, kind: &str, name: &str) -> Option<&'a Section> {
        self.conf.real().find(|section| section.name == name && section.get("type") == Some(kind))
    }

    fn aor(&self, endpoint: &Section) -> Option<&'a Section> {
        endpoint.get("aors").and_then(|names| self.named("aor", names.split(',').next()?.trim()))
    }

    /// The registration that brings calls to an endpoint.
    fn registration(&self, endpoint: &Section) -> Option<&'a Section> {
        let contacts: Vec<String> = self.contacts(endpoint);
        let account = endpoint.get("outbound_auth");
        self.conf.real().filter(|section| section.get("type") == Some("registration")).find(|section| {
            section.get("endpoint") == Some(endpoint.name.as_str())
                || account.is_some() && section.get("outbound_auth") == account
                || section.get("server_uri").and_then(host_of).is_some_and(|host| contacts.contains(&host))
        })
    }

    fn contacts(&self, endpoint: &Section) -> Vec<String> {
        let entries = self.aor(endpoint).into_iter().flat_map(|aor| aor.entries.iter());
        entries.filter(|entry| entry.key == "contact").filter_map(|entry| host_of(&entry.value)).collect()
    }

    fn identified(&self, endpoint: &Section) -> Vec<&'a Entry> {
        let of_endpoint = |section: &&Section| {
            section.get("type") == Some("identify") && section.get("endpoint") == Some(endpoint.name.as_str())
        };
        let entries = self.conf.real().filter(of_endpoint).flat_map(|section| section.entries.iter());
        entries.filter(|entry| entry.key == "match").collect()
    }

    fn is_trunk(&self, endpoint: &Section) -> bool {
        let has_contact = !self.contacts(endpoint).is_empty();
        has_contact
            || endpoint.get("outbound_auth").is_some() && endpoint.get("auth").is_none()
            || !self.identified(endpoint).is_empty() && endpoint.get("auth").is_none()
    }

    /// Name and password of an auth section.
    fn account(&self, name: &str, report: &mut Report) -> (String, String) {
        let Some(auth) = self.named("auth", name) else { return Default::default() };
        if auth.get("password").is_none() {
            report.lost(
                &auth.place,
                &format!("[{name}]"),
                "its password is kept as a hash: a new one is made",
            );
        }
        let of = |key: &str| auth.get(key).unwrap_or_default().to_owned();
        (of("username"), of("password"))
    }

    fn user(&self, endpoint: &Section, report: &mut Report) -> User {
        let (name, number) = caller_id(endpoint.get("callerid").unwrap_or_default());
        let (account, password) = self.account(endpoint.get("auth").unwrap_or_default(), report);
        let place = &endpoint.place;
        let aor = self.aor(endpoint).map_or(endpoint.name.as_str(), |aor| aor.name.as_str());
        if !account.is_empty() && account != endpoint.name || aor != endpoint.name {
            let phone = format!("its phone registers as `{aor}` with the account `{account}`");
            let why = format!("{phone}: set both to `{}` there", endpoint.name);
            report.differs(place, &format!("[{}]", endpoint.name), &why);
        }
        if password.is_empty() {
            report.note(
                place,
                &format!("[{}]", endpoint.name),
                "it has no password: one is made at the first start",
            );
        }
        let key =
            |names: [&str; 2]| names.iter().filter_map(|name| endpoint.get(name)).flat_map(groups).collect();
        let own: std::collections::BTreeSet<String> = key(["call_group", "named_call_group"]);
        let picks: std::collections::BTreeSet<String> = key(["pickup_group", "named_pickup_group"]);
        if own != picks && !(own.is_empty() && picks.is_empty()) {
            let why = "whom it picks up for and who picks up for it are the same groups here: both together";
            report.differs(place, &format!("[{}]", endpoint.name), why);
        }
        let boxes =
            endpoint.get("mailboxes").or_else(|| self.aor(endpoint)?.get("mailboxes")).unwrap_or_default();
        User {
            name,
            number,
            password,
            context: endpoint.get("context").unwrap_or_default().to_owned(),
            codecs: allowed(endpoint, report),
            lang: endpoint.get("language").unwrap_or_default().to_owned(),
            groups: own.union(&picks).cloned().collect(),
            calls_max: bounded(endpoint, "device_state_busy_at", (0, 1_000), report),
            place: place.clone(),
            mailboxes: boxes
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    fn trunk(&self, endpoint: &Section, report: &mut Report) -> Trunk {
        let registration = self.registration(endpoint);
        let auth = endpoint.get("outbound_auth").or_else(|| registration?.get("outbound_auth"));
        let (username, password) = auth.map(|auth| self.account(auth, report)).unwrap_or_default();
        let mut servers = self.contacts(endpoint);
        if let Some(server) = registration.and_then(|section| section.get("server_uri")).and_then(host_of)
            && servers.is_empty()
        {
            servers.push(server);
        }
        let (_, number) = caller_id(endpoint.get("callerid").unwrap_or_default());
        let number =
            if number.is_empty() { endpoint.get("from_user").unwrap_or_default().to_owned() } else { number };
        let mut accept_from = Vec::new();
        for entry in self.identified(endpoint) {
            for peer in entry.value.split(',').map(str::trim) {
                let prefix = super::sip::prefix(peer);
                if super::sip::is_network(&prefix) {
                    accept_from.push(prefix);
                } else if !servers.iter().any(|server| server.split(':').next() == Some(peer)) {
                    servers.push(peer.to_owned());
                }
            }
        }
        let inbound = endpoint.get("auth").map(|auth| self.account(auth, report));
        Trunk {
            servers,
            transport: self.transport_of(endpoint),
            domain: endpoint.get("from_domain").unwrap_or_default().to_owned(),
            username,
            password,
            register: registration.is_some(),
            register_s: registration.and_then(|section| bounded(section, "expiration", (30, 86_400), report)),
            accept_from,
            inbound: inbound.filter(|(user, password)| !user.is_empty() && !password.is_empty()),
            context: endpoint.get("context").unwrap_or_default().to_owned(),
            channels: bounded(endpoint, "device_state_busy_at", (0, 10_000), report),
            number,
            show_caller: ["send_pai", "send_rpid", "trust_id_outbound"]
                .iter()
                .any(|key| endpoint.yes(key) == Some(true)),
            codecs: allowed(endpoint, report),
            place: endpoint.place.clone(),
        }
    }

    fn transport_of(&self, endpoint: &Section) -> String {
        let named = endpoint.get("transport").and_then(|name| self.named("transport", name));
        let protocol = named.and_then(|section| section.get("protocol")).unwrap_or_default();
        if ["tcp", "tls"].contains(&protocol) { protocol.to_owned() } else { String::new() }
    }
}

/// `sip:user@host:port;x=y` → `host:port`
pub(super) fn host_of(uri: &str) -> Option<String> {
    let rest = uri.trim().trim_start_matches("sips:").trim_start_matches("sip:");
    let rest = rest.rsplit('@').next()?;
    let host = rest.split([';', '?', '>']).next()?.trim();
    (!host.is_empty()).then(|| host.to_owned())
}
