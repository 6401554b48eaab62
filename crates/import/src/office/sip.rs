//! `sip.conf` of chan_sip: friends and peers whose `host` is dynamic become users, all others trunks.

use super::codecs::allowed;
use super::phones::{Phones, Trunk, User, caller_id, groups};
use super::{bounded, leftovers};
use crate::conf::{Conf, Section};
use crate::report::Report;

const KNOWN: [&str; 27] = [
    "type",
    "host",
    "secret",
    "remotesecret",
    "username",
    "defaultuser",
    "fromuser",
    "fromdomain",
    "context",
    "allow",
    "disallow",
    "callerid",
    "cid_number",
    "fullname",
    "language",
    "mailbox",
    "callgroup",
    "pickupgroup",
    "namedcallgroup",
    "namedpickupgroup",
    "call-limit",
    "busylevel",
    "transport",
    "sendrpid",
    "trustrpid",
    "port",
    "permit",
];

const HANDLED: [&str; 27] = [
    "nat",
    "qualify",
    "qualifyfreq",
    "canreinvite",
    "directmedia",
    "dtmfmode",
    "insecure",
    "deny",
    "progressinband",
    "rtptimeout",
    "rtpholdtimeout",
    "rtpkeepalive",
    "session-timers",
    "session-expires",
    "session-minse",
    "videosupport",
    "encryption",
    "subscribecontext",
    "allowsubscribe",
    "notifyringing",
    "notifyhold",
    "callcounter",
    "limitonpeers",
    "vmexten",
    "hasvoicemail",
    "allowtransfer",
    "constantssrc",
];

/// Takes users and trunks out of it.
pub(super) fn read(conf: &Conf, phones: &mut Phones, report: &mut Report) {
    if let Some(general) = conf.section("general") {
        read_general(general, phones, report);
    }
    for section in conf.real().filter(|section| section.name != "general") {
        let Some(kind) = section.get("type") else { continue };
        if !["friend", "peer", "user"].contains(&kind) {
            report.lost(&section.place, &format!("type = {kind}"), "there is nothing like it");
            continue;
        }
        leftovers(section, &KNOWN, &HANDLED, report);
        let host = section.get("host").unwrap_or(if kind == "user" { "dynamic" } else { "" });
        if host == "dynamic" {
            phones.user(&section.name, user(section, report), report);
        } else {
            phones.trunk(&section.name, trunk(section, host, report), report);
        }
    }
    if let Some(general) = conf.section("general") {
        for entry in general.all("register") {
            register(&entry.value, phones).unwrap_or_else(|why| {
                report.lost(&entry.place, &format!("register => {}", entry.value), why);
            });
        }
    }
}

fn read_general(general: &Section, phones: &mut Phones, report: &mut Report) {
    let port = general.get("bindport").unwrap_or("5060").to_owned();
    for (key, transport) in
        [("udpbindaddr", "udp"), ("bindaddr", "udp"), ("tcpbindaddr", "tcp"), ("tlsbindaddr", "tls")]
    {
        let Some(entry) = general.entry(key) else { continue };
        let address =
            if entry.value.contains(':') { entry.value.clone() } else { format!("{}:{port}", entry.value) };
        match address.parse::<core::net::SocketAddr>() {
            Ok(address) => phones.listen.entry(transport.to_owned()).or_default().push(address.to_string()),
            Err(_) => {
                report.lost(&entry.place, &format!("{key} = {}", entry.value), "this can't be listened at")
            }
        }
    }
    for key in ["externip", "externaddr"] {
        if let Some(entry) = general.entry(key) {
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
    phones.network.local.extend(general.all("localnet").map(|entry| prefix(&entry.value)));
    phones.lang = general.get("language").unwrap_or_default().to_owned();
}

fn user(section: &Section, report: &mut Report) -> User {
    let of = |key: &str| section.get(key).unwrap_or_default().to_owned();
    let (mut name, mut number) = caller_id(&of("callerid"));
    if !of("fullname").is_empty() {
        name = of("fullname");
    }
    if !of("cid_number").is_empty() {
        number = of("cid_number");
    }
    if of("secret").is_empty() {
        report.note(
            &section.place,
            &format!("[{}]", section.name),
            "it has no password: one is made at the first start",
        );
    }
    let in_groups = ["callgroup", "pickupgroup", "namedcallgroup", "namedpickupgroup"];
    User {
        name,
        number,
        password: of("secret"),
        context: of("context"),
        codecs: allowed(section, report),
        lang: of("language"),
        groups: in_groups.iter().filter_map(|key| section.get(key)).flat_map(groups).collect(),
        calls_max: bounded(section, "call-limit", (0, 1_000), report),
        place: section.place.clone(),
        mailboxes: of("mailbox")
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

fn trunk(section: &Section, host: &str, report: &mut Report) -> Trunk {
    let of = |key: &str| section.get(key).unwrap_or_default().to_owned();
    let server = match section.get("port") {
        Some(port) if port != "5060" => format!("{host}:{port}"),
        _ => host.to_owned(),
    };
    let account = ["defaultuser", "username", "fromuser"].iter().find_map(|key| section.get(key));
    let password = section.get("remotesecret").or_else(|| section.get("secret")).unwrap_or_default();
    let (_, number) = caller_id(&of("callerid"));
    let permitted = section.all("permit").map(|entry| prefix(&entry.value)).filter(|net| is_network(net));
    Trunk {
        servers: if host.is_empty() { Vec::new() } else { vec![server] },
        transport: Some(of("transport"))
            .filter(|way| ["tcp", "tls"].contains(&way.as_str()))
            .unwrap_or_default(),
        domain: of("fromdomain"),
        username: account.unwrap_or_default().to_owned(),
        password: password.to_owned(),
        accept_from: permitted.collect(),
        context: of("context"),
        channels: bounded(section, "call-limit", (0, 10_000), report),
        number: if number.is_empty() { of("fromuser") } else { number },
        show_caller: section.get("sendrpid").is_some_and(|way| way != "no"),
        codecs: allowed(section, report),
        place: section.place.clone(),
        ..Trunk::default()
    }
}

/// `user[:secret[:authuser]]@host[:port][/extension]`
fn register(line: &str, phones: &mut Phones) -> Result<(), &'static str> {
    let line = line.rsplit("://").next().unwrap_or(line);
    let (account, place) = line.rsplit_once('@').ok_or("a registration is written user:secret@host")?;
    let host = place.split('/').next().unwrap_or(place);
    let (user, secret) = account.split_once(':').unwrap_or((account, ""));
    let secret = secret.split(':').next().unwrap_or(secret);
    let bare = host.split(':').next().unwrap_or(host);
    let is_there = |server: &String| server.split(':').next() == Some(bare);
    let of_name = |name: &str, servers: &[String]| name == bare || servers.iter().any(is_there);
    let found = phones.trunks.iter_mut().find(|(name, trunk)| of_name(name, &trunk.servers));
    let (_, trunk) = found.ok_or("no peer has this host")?;
    trunk.register = true;
    if trunk.username.is_empty() || trunk.password.is_empty() {
        trunk.username = user.to_owned();
        trunk.password = secret.to_owned();
    }
    Ok(())
}

/// `192.168.1.0/255.255.255.0` → `192.168.1.0/24`
pub(super) fn prefix(text: &str) -> String {
    let Some((address, mask)) = text.trim().split_once('/') else { return text.trim().to_owned() };
    match mask.parse::<core::net::Ipv4Addr>() {
        Ok(mask) => format!("{address}/{}", u32::from(mask).count_ones()),
        Err(_) => format!("{address}/{mask}"),
    }
}

/// Whether this is an address, perhaps with the length of a prefix.
pub(super) fn is_network(text: &str) -> bool {
    let (address, bits) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<core::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok()
}
