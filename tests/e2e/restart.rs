//! What a crash and a new start leave as it was.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::watcher::Watcher;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn registrations_and_lamps_outlive_a_crash() {
    let mut exchange = Exchange::start(&Plan::sample());
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    crowd.register(&[ann, ben]);
    let password = exchange.passwords()["103"].clone();
    let mut lamp = Watcher::new(exchange.sip, "103", &password, "102");
    lamp.shows("terminated");
    crowd.connects(ann, "102", ben);
    lamp.shows("confirmed");
    exchange.kill();
    exchange.start_again();
    assert_eq!([exchange.bindings("101"), exchange.bindings("102")], [1, 1]);
    // Nobody subscribed again: the lamp goes out because the call is gone.
    lamp.shows("terminated");
    // The phones still believe in their call; their next one works, and the lamp follows.
    crowd.hangs_up(ann);
    crowd.hangs_up(ben);
    crowd.connects(ann, "102", ben);
    crowd.hears(ann, 1_100);
    lamp.shows("confirmed");
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    lamp.shows("terminated");
}

#[test]
fn passwords_and_certificate_stay_and_are_their_owners_alone() {
    let mut exchange = Exchange::start(&Plan::sample());
    eprintln!("from the start to the first OPTIONS answered: {:?}", exchange.ready_in);
    let files = ["var/tls/certificate.pem", "var/tls/key.pem", "var/secrets.toml"];
    let read = |exchange: &Exchange| files.map(|name| fs::read(exchange.folder.file(name)).unwrap());
    let before = read(&exchange);
    for name in ["var/tls/key.pem", "var/secrets.toml", "var/cordboard.sqlite", "var/admin.sock"] {
        let mode = fs::metadata(exchange.folder.file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
    exchange.kill();
    exchange.start_again();
    eprintln!("… and at the second start: {:?}", exchange.ready_in);
    assert!(read(&exchange) == before, "a second start made new secrets");
}
