//! Servers that take mails over TLS alone, from whom they know: STARTTLS and TLS from the first octet, PLAIN, LOGIN and XOAUTH2.

use crate::harness::exchange::Exchange;
use crate::harness::plan::{Plan, project};
use crate::harness::process::Process;
use crate::harness::{ports, wait};
use std::fs;
use std::process::Command;

/// The server that is asked for, and how we say who we are.
struct Way {
    security: &'static str,
    mechanism: &'static str,
    /// Lines of `[server]`.
    sign: &'static str,
    /// Whether we hold its certificate for a proof.
    trusts: bool,
}

const PASSWORD: &str = "user = \"ann\"\npassword = \"sesame\"\n";

/// What `cordboard mail test` says, what the server has seen, and how many mails it has.
fn tried(way: &Way) -> (String, String, usize) {
    let port = ports::block();
    let security = way.security;
    let roots = if way.trusts { "roots = \"etc/mail-roots.pem\"\n" } else { "" };
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let plan = Plan::sample().file("etc/mail-roots.pem", &certificate).file(
        "etc/mail.toml",
        &format!(
            "[server]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"{security}\"\n{}{roots}",
            way.sign
        ),
    );
    let exchange = Exchange::start(&plan);
    let file = |name: &str| exchange.folder.file(name);
    fs::write(file("server.pem"), certificate).unwrap();
    fs::write(file("server.key"), made.signing_key.serialize_pem()).unwrap();
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(project().join("tests/interop/aiosmtpd/secure.py"))
        .args([&port.to_string(), security])
        .args([file("server.pem"), file("server.key")])
        .arg(way.mechanism)
        .arg(file("maildir"));
    let mut server = Process::start("secure.py", &mut command, &file("secure-output"));
    server.prints("ready", wait::LONG);
    let output = exchange.command(&["mail", "test", "ben@office.test"]);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mails = fs::read_dir(file("maildir").join("new")).map_or(0, Iterator::count);
    assert_eq!(output.status.success(), mails == 1, "{said}\n{}", server.printed());
    (said, server.printed(), mails)
}

#[test]
fn mails_go_over_tls_by_each_way_of_saying_who_we_are() {
    let token = "user = \"ann\"\ntoken_command = [\"/bin/echo\", \"token-1\"]\n";
    let ways = [
        ("starttls", "PLAIN", PASSWORD),
        ("starttls", "LOGIN", PASSWORD),
        ("starttls", "XOAUTH2", token),
        ("tls", "PLAIN", PASSWORD),
        ("tls", "LOGIN", PASSWORD),
        ("tls", "XOAUTH2", token),
    ];
    for (security, mechanism, sign) in ways {
        let (said, seen, mails) = tried(&Way { security, mechanism, sign, trusts: true });
        assert_eq!(mails, 1, "{security} {mechanism}: {said}\n{seen}");
        assert!(seen.contains(mechanism) && said.contains("250"), "{security} {mechanism}: {said}\n{seen}");
    }
}

#[test]
fn a_wrong_password_is_told_and_nothing_is_sent() {
    for (mechanism, sign) in [
        ("PLAIN", "user = \"ann\"\npassword = \"guess\"\n"),
        ("LOGIN", "user = \"ann\"\npassword = \"guess\"\n"),
        ("XOAUTH2", "user = \"ann\"\ntoken_command = [\"/bin/echo\", \"old\"]\n"),
    ] {
        let (said, seen, mails) = tried(&Way { security: "starttls", mechanism, sign, trusts: true });
        assert_eq!(mails, 0, "{mechanism}: {said}\n{seen}");
        assert!(said.contains("535") && seen.contains(mechanism), "{mechanism}: {said}\n{seen}");
    }
}

#[test]
fn a_server_that_proves_nothing_is_told_no_password() {
    for security in ["starttls", "tls"] {
        let (said, seen, mails) = tried(&Way { security, mechanism: "PLAIN", sign: PASSWORD, trusts: false });
        assert_eq!(mails, 0, "{security}: {said}\n{seen}");
        assert!(said.contains("certificate") && !seen.contains("sesame"), "{security}: {said}\n{seen}");
    }
}
