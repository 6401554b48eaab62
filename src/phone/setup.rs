//! What the softphone is made of, by what it was told and what the configuration here knows.

use super::PhoneArgs;
use crate::config::{Config, Name, random};
use crate::media::{KeepRecordings, MediaConfig};
use crate::net::{self, NetConfig, StreamLimits, TlsFiles};
use anyhow::{Context, Result, anyhow, bail, ensure};
use cordboard_base::{Hop, Networks, SourceKey, Transport};
use cordboard_media::codec;
use cordboard_phone::PhoneConfig;
use cordboard_sip::endpoint;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

/// Where systems keep the roots that they trust.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

pub(super) fn server(args: &PhoneArgs) -> Result<Hop> {
    let transport = match args.transport.as_str() {
        "udp" => Transport::Udp,
        "tcp" => Transport::Tcp,
        "tls" => Transport::Tls,
        other => bail!("`{other}` is no transport; udp, tcp and tls are"),
    };
    let bare = args.server.trim_start_matches('[').trim_end_matches(']');
    let with_port = |port: u16| (bare, port).to_socket_addrs().ok()?.next();
    let found = args.server.to_socket_addrs().ok().and_then(|mut all| all.next());
    let remote = found.or_else(|| with_port(transport.default_port()));
    Ok(Hop::new(transport, remote.with_context(|| format!("{}: no such host", args.server))?))
}

pub(super) fn phone_config(args: &PhoneArgs, known: Option<&Config>, server: Hop) -> Result<PhoneConfig> {
    let of_config = || {
        let config = known?;
        let name = config.users.user.keys().find(|name| name.as_str() == args.user)?;
        config.secrets.password(name).map(str::to_owned)
    };
    let password = args.password.clone().or_else(of_config);
    let domain = args.domain.clone().or_else(|| known.map(|config| config.office.office.domain.to_string()));
    let key = SourceKey { seed: random()?, node: 0, epoch: 1 };
    let networks = Networks { interfaces: net::interfaces()?, local: Vec::new() };
    let format = |name: &String| {
        let codec = codec::named(name);
        codec.map(codec::offered).ok_or_else(|| anyhow!("no codec `{name}`; `cordboard codecs` lists them"))
    };
    Ok(PhoneConfig {
        user: args.user.clone(),
        display: String::new(),
        password: password.with_context(|| no_password(args, known))?,
        domain: domain.unwrap_or_else(|| server.remote.ip().to_string()),
        server,
        codecs: args.codecs.iter().map(format).collect::<Result<_>>()?,
        telephone_event: true,
        ptime_ms: 20,
        expires_s: 300,
        auto_answer_ms: args.answer,
        late_offer: args.late_offer,
        endpoint: endpoint::Config::new(key, 1, networks),
    })
}

fn no_password(args: &PhoneArgs, known: Option<&Config>) -> String {
    let users = known.map(|config| &config.users.user).filter(|users| !users.is_empty());
    let Some(users) = users else {
        return "no --password, and no configuration here that has one".to_owned();
    };
    let names: Vec<&str> = users.keys().map(Name::as_str).collect();
    match names.contains(&args.user.as_str()) {
        true => format!("no --password, and none was made for {} yet: run the exchange first", args.user),
        false => format!(
            "no user {} here, but {}; for another exchange's give --password",
            args.user,
            names.join(", ")
        ),
    }
}

/// A folder of this process alone, for the certificate that TLS wants; gone with it.
pub(super) struct OwnFiles(pub(super) PathBuf);

impl OwnFiles {
    pub(super) fn make() -> Result<Self> {
        let name = format!("cordboard-phone-{:016x}", u64::from_ne_bytes(random()?));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for OwnFiles {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{}: {error}", self.0.display());
        }
    }
}

/// Where the certificates lie that the exchange must prove itself by; `None`: it need not.
pub(super) fn roots(args: &PhoneArgs, known: Option<&Config>, server: Hop) -> Result<Option<PathBuf>> {
    if server.transport != Transport::Tls || args.insecure {
        return Ok(None);
    }
    if let Some(file) = &args.ca {
        ensure!(file.is_file(), "--ca {}: no such file", file.display());
        return Ok(Some(file.clone()));
    }
    let own = known.map(|config| config.tls_files().certificate);
    let found = own.into_iter().chain(SYSTEM_ROOTS.iter().map(PathBuf::from)).find(|file| file.is_file());
    let what = "no certificates to prove the exchange by: name them with --ca, or take any with --insecure";
    found.context(what).map(Some)
}

/// The name that the exchange must prove: the one that it was called by, or where that is a mere address the domain that it
/// serves (RFC 5922 §7.3).
pub(super) fn proven_name(args: &PhoneArgs, domain: &str) -> String {
    let server = args.server.as_str();
    let is_ip = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if server.parse::<SocketAddr>().is_ok() || is_ip(server) {
        return domain.to_owned();
    }
    server.rsplit_once(':').map_or(server, |(host, _port)| host).to_owned()
}

pub(super) fn net_config(
    args: &PhoneArgs,
    server: Hop,
    own_files: &Path,
    roots: Option<PathBuf>,
) -> Result<NetConfig> {
    let any: IpAddr = if server.remote.is_ipv4() { IpAddr::from([0, 0, 0, 0]) } else { "::".parse()? };
    let listen = vec![SocketAddr::new(any, args.port)];
    let of = |transport| if server.transport == transport { listen.clone() } else { Vec::new() };
    Ok(NetConfig {
        udp: of(Transport::Udp),
        tcp: of(Transport::Tcp),
        // A phone calls the exchange; nobody connects to it.
        tls: Vec::new(),
        dscp: 24,
        tls_files: TlsFiles {
            certificate: own_files.join("certificate.pem"),
            key: own_files.join("key.pem"),
            create: true,
            names: Vec::new(),
            roots,
        },
        streams: StreamLimits::default(),
    })
}

pub(super) fn media_config(args: &PhoneArgs, config: &PhoneConfig) -> Result<MediaConfig> {
    let folder = |path: &Option<PathBuf>| {
        let parent = path.as_deref().and_then(Path::parent).filter(|parent| !parent.as_os_str().is_empty());
        parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
    };
    Ok(MediaConfig {
        multicast: Default::default(),
        workers: 1,
        ports: 20_000..=29_999,
        seed: u64::from_ne_bytes(random()?),
        dscp: 46,
        networks: config.endpoint.networks.clone(),
        sounds: folder(&args.play),
        music: BTreeMap::new(),
        lang: String::new(),
        cache_bytes: 32 << 20,
        recordings: folder(&args.record),
        data: folder(&args.record),
        keep: KeepRecordings::default(),
    })
}
