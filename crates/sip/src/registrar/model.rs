//! The registrar against the simplest thing that could be one: a map from contact to (expiry, Call-ID, CSeq).

use super::tests::{hop, register, registrar};
use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Step {
    aor: usize,
    call: usize,
    cseq: u32,
    /// Port and wished expiry of each contact; none is a query.
    contacts: Vec<(u16, u32)>,
    star: bool,
    wait_s: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let contact = (5_060u16..5_064, prop_oneof![Just(0u32), 1u32..60, 60u32..200, 7_000u32..9_000]);
    (0usize..2, 0usize..2, 1u32..6, prop::collection::vec(contact, 0..4), prop::bool::weighted(0.1), 0u64..90)
        .prop_map(|(aor, call, cseq, contacts, star, wait_s)| Step {
            aor,
            call,
            cseq,
            contacts,
            star,
            wait_s,
        })
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    until: Time,
    call: usize,
    cseq: u32,
}

type Model = BTreeMap<(usize, u16), Entry>;

fn expected(model: &mut Model, now: Time, step: &Step) -> u16 {
    model.retain(|_, entry| entry.until > now);
    let late = |entry: &Entry| entry.call == step.call && entry.cseq >= step.cseq;
    if step.star {
        if model.iter().any(|((aor, _), entry)| *aor == step.aor && late(entry)) {
            return 500;
        }
        model.retain(|(aor, _), _| *aor != step.aor);
        return 200;
    }
    if step.contacts.iter().any(|(_, wish)| (1..60).contains(wish)) {
        return 423;
    }
    if step.contacts.iter().any(|(port, _)| model.get(&(step.aor, *port)).is_some_and(late)) {
        return 500;
    }
    for (port, wish) in &step.contacts {
        let until = now + Duration::from_secs((*wish).min(7_200).into());
        model.remove(&(step.aor, *port));
        if *wish > 0 {
            model.insert((step.aor, *port), Entry { until, call: step.call, cseq: step.cseq });
        }
    }
    200
}

fn request(step: &Step) -> Request {
    let texts: Vec<String> =
        step.contacts.iter().map(|(port, s)| format!("<sip:x@192.168.1.7:{port}>;expires={s}")).collect();
    let mut fields: Vec<(&str, &str)> = texts.iter().map(|t| (name::CONTACT, t.as_str())).collect();
    if step.star {
        fields = vec![(name::CONTACT, "*"), (name::EXPIRES, "0")];
    }
    register(["one", "two"][step.call], step.cseq, &fields)
}

proptest! {
    #[test]
    fn it_does_what_a_map_would_do(steps in prop::collection::vec(step(), 1..40), cut in 0usize..40) {
        let (mut registrar, mut model, mut now) = (registrar(), Model::new(), Time::from_secs(10));
        let mut stored: BTreeMap<BindingId, Row> = BTreeMap::new();
        for (index, step) in steps.iter().enumerate() {
            now = now + Duration::from_secs(step.wait_s);
            let aor = ["a", "b"][step.aor];
            let response = registrar.handle_register(now, aor, &request(step), &hop("192.168.1.7:5060"));
            prop_assert_eq!(response.status, expected(&mut model, now, step));
            for (index, aor) in ["a", "b"].iter().enumerate() {
                let mut have: Vec<_> = registrar.bindings(aor).iter()
                    .map(|b| (b.contact.port.unwrap(), b.expires, b.cseq)).collect();
                have.sort();
                let want: Vec<_> = model.iter().filter(|((a, _), _)| *a == index)
                    .map(|((_, port), e)| (*port, e.until, e.cseq)).collect();
                prop_assert_eq!(have, want);
            }
            while let Some(output) = registrar.poll() {
                match output {
                    Output::Store(row) => { stored.insert(row.binding.id, *row); }
                    Output::Erase(id) => { prop_assert!(stored.remove(&id).is_some()); }
                    Output::Registered(_) | Output::Unregistered { .. } | Output::KeepAlive { .. } => {}
                }
            }
            let kept: Vec<_> = stored.values().map(|row| &row.binding).collect();
            let mut all: Vec<_> = registrar.all().collect();
            all.sort_by_key(|b| b.id);
            prop_assert_eq!(kept, all, "the store holds what the registrar holds");
            if index == cut {
                registrar = serde_json::from_str(&serde_json::to_string(&registrar).unwrap()).unwrap();
            }
        }
    }

    #[test]
    fn any_contact_and_expiry_is_answered_without_a_panic(contact in "[ -~é]{0,60}", expires in "[ -~]{0,12}") {
        let fields = [(name::CONTACT, contact.as_str()), (name::EXPIRES, expires.as_str())];
        let response = registrar().handle_register(Time::ZERO, "a", &register("c", 1, &fields), &hop("192.0.2.1:1"));
        prop_assert!([200, 400, 423].contains(&response.status));
    }
}
