//! A hundred ways in which a script can be hostile, each on a line of its own of one file: what is said of it names that line.

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// What the route of `1` does.
    pub(crate) body: &'static str,
    /// Functions of the file.
    pub(crate) functions: &'static str,
    /// What else there is in its context, `c`.
    pub(crate) hooks: &'static str,
    /// What comes of it.
    pub(crate) comes_to: End,
}

/// How the call of such a script ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By an error in which these words are, at its place in the file.
    Error(&'static str),
    /// As if nothing were wrong.
    Well,
    /// Not before the caller hangs up.
    ByCaller,
}

/// The file's name.
pub(crate) const FILE: &str = "hostile.rhai";

const fn kind(body: &'static str, comes_to: End) -> Kind {
    Kind { body, functions: "", hooks: "", comes_to }
}

const fn spins(body: &'static str) -> Kind {
    kind(body, End::Error("operations"))
}

const fn fails(body: &'static str, words: &'static str) -> Kind {
    kind(body, End::Error(words))
}

const fn calls(body: &'static str, functions: &'static str, words: &'static str) -> Kind {
    Kind { body, functions, hooks: "", comes_to: End::Error(words) }
}

/// The call itself is well; its end is what is hostile.
const fn at_the_end(hooks: &'static str, comes_to: End) -> Kind {
    Kind { body: "ch.answer(); ch.wait(0.1);", functions: "", hooks, comes_to }
}

/// All of them as one file of scripts: the kind in the place `n` is the context `hn`, on line `n + 1`.
pub(crate) fn script() -> String {
    let line = |(n, kind): (usize, &Kind)| {
        let Kind { body, functions, hooks, .. } = kind;
        format!("{{ let c = context(\"h{n}\"); c.on(\"1\", |ch| {{ {body} }}); {hooks} }} {functions}\n")
    };
    let kinds: String = KINDS.iter().enumerate().map(line).collect();
    kinds
        + "fn any(x) { x }\nfn big() { let s = \"x\"; while s.len() < 60000 { s += s; if s.len() > 32000 { break; } } s }\n"
}

/// A hundred.
pub(crate) const KINDS: &[Kind] = &[
    // Loops without end.
    spins("loop { }"),
    spins("let n = 0; loop { n += 1; }"),
    spins("ch.answer(); while true { }"),
    spins("do { } while true;"),
    spins("for i in 0..9000000000 { }"),
    spins("for i in range(0, 9000000000, 1) { let x = i * i; }"),
    spins("loop { for i in 0..100 { [i, i].map(|x| x + 1); } }"),
    spins("loop { try { loop { any(1); } } catch { } }"),
    spins("loop { try { throw \"again\"; } catch (e) { } }"),
    spins("loop { let x = ch.dialed + \"x\"; }"),
    spins("let f = |x| x + 1; loop { f.call(1); }"),
    spins("loop { [3, 1, 2].sort(|a, b| a - b); }"),
    spins("loop { let x = \"a,b,c\".split(\",\"); }"),
    spins("let n = 3; loop { switch n { 1 => (), 2 => (), _ => () } }"),
    spins("let n = 1; loop { if n == 2 { break; } }"),
    spins("loop { loop { loop { break; } } }"),
    spins("let a = [1]; loop { for x in a { } }"),
    spins("loop { \"12\".parse_int(); }"),
    spins("loop { let m = #{ a: 1 }; m.a += 1; }"),
    spins("let n = 1; loop { let t = `${n}`; }"),
    // Calls within calls.
    calls("r20(0);", "fn r20(n) { r20(n + 1) }", "too deep"),
    calls("r21(0);", "fn r21(n) { s21(n + 1) } fn s21(n) { r21(n + 1) }", "too deep"),
    calls("ch.answer(); r22(0);", "fn r22(n) { 1 + (1 + (1 + r22(n + 1))) }", "too deep"),
    fails("let f = |g, n| g.call(g, n + 1); f.call(f, 0);", "too deep"),
    calls("r24(0);", "fn r24(n) { [n].map(|x| r24(x)) }", "too deep"),
    calls("r25(0);", "fn r25(n) { try { r25(n + 1) } catch { r25(n + 1) } }", "too deep"),
    calls("r26([]);", "fn r26(a) { a.push(a.len()); r26(a) }", "too deep"),
    calls("r27(\"x\");", "fn r27(s) { r27(s + s) }", "Length of string"),
    calls("r28(ch, 0);", "fn r28(ch, n) { ch.wait(0.01); r28(ch, n + 1) }", "too deep"),
    kind("ch.enter(\"h29\", \"1\");", End::Well),
    // Whatever takes memory.
    fails("let a = []; loop { a.push(1); }", "Size of array"),
    fails("let a = []; loop { a = [a]; }", "Size of array"),
    fails("let a = [1]; loop { a += a; }", "Size of array"),
    fails("let s = \"x\"; loop { s += s; }", "Length of string"),
    fails("let s = \"x\"; loop { s = `${s}${s}`; }", "Length of string"),
    spins("let m = #{}; let n = 0; loop { n += 1; m[`k${n}`] = n; }"),
    fails("let s = big(); let m = #{}; let n = 0; loop { n += 1; m[`k${n}`] = s + n; }", "hold more than"),
    fails("let s = big(); let a = []; a.pad(1000, 0); for n in 0..1000 { a[n] = s + n; }", "hold more than"),
    fails(
        "let s = big(); let m = #{ a: #{}, b: [#{}] }; let n = 0; loop { n += 1; m.b[0][`k${n}`] = s + n; }",
        "hold more than",
    ),
    fails(
        "let s = big(); let a = []; let f = |n| a[n] = s + n; a.pad(1000, 0); for n in 0..1000 { f.call(n); }",
        "hold more than",
    ),
    calls(
        "let m = #{ s: big() }; m.r40();",
        "fn r40() { loop { this[`k${this.len()}`] = `${this.s}${this.len()}`; } }",
        "",
    ),
    fails("let a = []; a.pad(1000000000, 1);", "Size of array"),
    fails("let b = blob(9000000000);", "Size of array"),
    fails("let s = \"x\"; s.pad(9000000000, \"y\");", "Length of string"),
    fails("let a = []; for i in 0..1000000 { a.insert(0, i); }", "Size of array"),
    fails("let a = [1]; loop { a.append(a); }", "Size of array"),
    fails("let s = big(); let a = []; loop { a.push(s); }", "Length of string"),
    fails("let m = #{}; loop { m = #{ a: m, b: m }; }", "Size of"),
    fails("let m = #{}; loop { let n = #{}; n[\"m\"] = m; m = n; }", "Size of"),
    spins("let a = []; a.pad(1000, 0); loop { let b = a; b[0] = 1; }"),
    spins("let s = big(); loop { let t = s; t.make_upper(); }"),
    spins("let s = big(); loop { s.contains(\"yyyyyyyyyy\"); s.index_of(\"xy\"); }"),
    fails("let s = big(); loop { try { s.to_chars(); } catch { } }", "Size of array"),
    fails("let s = big(); loop { try { s.split(\"\"); } catch { } }", "Size of array"),
    fails(
        "let s = big(); loop { try { let t = s; t.replace(\"x\", \"yyyy\"); } catch { } }",
        "Length of string",
    ),
    // Verbs with garbage.
    fails("ch.play(any(42));", ""),
    fails("ch.answer(); ch.play(any(()));", ""),
    fails("ch.play(any([[], [[]]]));", ""),
    fails("ch.dial(any(\"sip:evil@example.org\"));", ""),
    fails("ch.dial(any([]));", ""),
    fails("ch.dial(user(any(\"101\")), any(#{ timeout: -5 }));", ""),
    fails("ch.wait(any(-1.0e300));", ""),
    fails("ch.wait(any(\"soon\"));", ""),
    fails("ch.read(any(#{ max: -1, timeout: 1.0e30 }));", ""),
    fails("ch.menu(any(#{ retries: 99999999999 }));", ""),
    fails("ch.hangup(any(\"nonsense\"));", ""),
    fails("ch.hangup(any(99999));", ""),
    kind("ch.enter(any(\"nowhere\"), any(\"1\"));", End::Well),
    kind("ch.voicemail(any(\"../../etc/passwd\"));", End::Well),
    fails("ch.record(any(#{ name: \"../../../tmp/x\" }));", ""),
    fails("ch.tone(any(\"no such tone\"));", ""),
    fails("db::set(any(5), any([]), any(ch));", ""),
    fails("ch.lang = any([1]);", ""),
    fails("queue(any(\"none\")).add(any(1));", ""),
    fails("http::get(any(\"file:///etc/passwd\"));", ""),
    fails("ch.say.number(any(\"x\"));", ""),
    fails("user(any(big()));", ""),
    fails("ch.send_dtmf(any(\"xyz\"));", ""),
    fails("ch.vars[any([])] = any(ch);", ""),
    // What a script can throw, and what a machine's numbers can't hold.
    fails("throw #{ a: [1, 2] };", ""),
    fails("throw ();", ""),
    fails("let x = 9223372036854775807 + any(1);", ""),
    fails("let x = 1 / any(0);", ""),
    fails("let a = [1, 2]; let x = a[any(-9)];", ""),
    fails("let f = Fn(\"nobody_knows_this\"); f.call(ch);", ""),
    fails("let x = any(()).foo.bar;", ""),
    fails("let x = any(-9223372036854775807) - 5;", ""),
    // After the hang-up.
    at_the_end("c.on_hangup(|ch| { throw \"late\"; });", End::Error("late")),
    at_the_end("c.on_hangup(|ch| { loop { } });", End::Error("operations")),
    at_the_end("c.on_hangup(|ch| { let a = [1]; loop { a += a; } });", End::Error("Size of array")),
    at_the_end("c.on_hangup(|ch| { ch.wait(3600); ch.play(\"x\"); });", End::Well),
    at_the_end("c.on_hangup(|ch| { loop { log::info(\"late\"); } });", End::Well),
    at_the_end(
        "c.on_hangup(|ch| { let f = |g| g.call(g); f.call(f); }); c.on_hangup(|ch| { throw 1; });",
        End::Error(""),
    ),
    // Never on.
    kind("ch.answer(); loop { ch.wait(3600); }", End::ByCaller),
    kind("loop { ch.read(#{ timeout: 600, max: 1 }); }", End::ByCaller),
    kind("loop { ch.wait_silence(3600.0); }", End::ByCaller),
    // Floods.
    spins("let x = \"x\"; loop { log::info(x); }"),
    spins("let b = big(); loop { event(\"flood\", #{ n: b }); }"),
    spins("let b = big(); let n = 0; loop { n += 1; db::set(\"flood\", `k${n}`, b); }"),
    fails("let n = 0; loop { n += 1; ch.vars[`v${n}`] = \"x\"; }", "too many"),
];
