//! The one door into the engine: every native function comes in as *pure* or as a *step*, so that a replay of a call's
//! replies gives the same steps again. A pure function depends on its arguments alone; all else is a step.

use crate::options::Schema;
use crate::running::{Call, Fault};
use cordboard_app::Manual;
use rhai::{
    Dynamic, Engine, EvalAltResult, FuncRegistration, Module, NativeCallContext, Position, RhaiNativeFunc,
    Shared, Variant,
};
use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};

/// What may be done about the clock and the world in a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: it depends on its arguments, on what the script itself did before and on what its bundle says.
    Pure,
    /// It asks or tells the call core.
    Step,
    /// It builds the table while the top level runs, and fails in a call.
    Load,
}

/// What a verb is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Receiver {
    /// Nothing: `user("101")`.
    Free,
    /// A module: `db::get("a", "b")`.
    Module(&'static str),
    /// The channel or one of its parts: `ch.play("a")`.
    Part(Part),
    /// A value of a type of its own, which is the first of the arguments: `queue("sales").waiting()`.
    Value(Held),
}

/// A value that verbs are called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Held {
    /// `lamp("*280")`
    Lamp,
    /// `queue("sales")`
    Queue,
    /// `let r = ch.record()`
    Recording,
}

impl Held {
    fn type_id(self) -> TypeId {
        match self {
            Self::Lamp => TypeId::of::<crate::verbs::Lamp>(),
            Self::Queue => TypeId::of::<crate::verbs::Queue>(),
            Self::Recording => TypeId::of::<crate::verbs::Recording>(),
        }
    }

    /// As manuals call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lamp => "lamp",
            Self::Queue => "queue",
            Self::Recording => "recording",
        }
    }
}

/// The channel and its parts: each is a type of its own in the engine, without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// `ch`
    Channel,
    /// `ch.say`
    Say,
    /// `ch.caller`
    Caller,
    /// `ch.connected`
    Connected,
    /// `ch.redirecting`
    Redirecting,
    /// `ch.vars`
    Vars,
    /// `ch.cdr`
    Cdr,
}

/// `ch`.
#[derive(Clone)]
pub(crate) struct Channel;
/// `ch.say`.
#[derive(Clone)]
pub(crate) struct Say;
/// `ch.caller`.
#[derive(Clone)]
pub(crate) struct Caller;
/// `ch.connected`.
#[derive(Clone)]
pub(crate) struct Connected;
/// `ch.redirecting`.
#[derive(Clone)]
pub(crate) struct Redirecting;
/// `ch.vars`.
#[derive(Clone)]
pub(crate) struct Vars;
/// `ch.cdr`.
#[derive(Clone)]
pub(crate) struct Cdr;

impl Part {
    pub(crate) const ALL: [Self; 7] =
        [Self::Channel, Self::Say, Self::Caller, Self::Connected, Self::Redirecting, Self::Vars, Self::Cdr];

    fn type_id(self) -> TypeId {
        match self {
            Self::Channel => TypeId::of::<Channel>(),
            Self::Say => TypeId::of::<Say>(),
            Self::Caller => TypeId::of::<Caller>(),
            Self::Connected => TypeId::of::<Connected>(),
            Self::Redirecting => TypeId::of::<Redirecting>(),
            Self::Vars => TypeId::of::<Vars>(),
            Self::Cdr => TypeId::of::<Cdr>(),
        }
    }

    pub(crate) fn dynamic(self) -> Dynamic {
        match self {
            Self::Channel => Dynamic::from(Channel),
            Self::Say => Dynamic::from(Say),
            Self::Caller => Dynamic::from(Caller),
            Self::Connected => Dynamic::from(Connected),
            Self::Redirecting => Dynamic::from(Redirecting),
            Self::Vars => Dynamic::from(Vars),
            Self::Cdr => Dynamic::from(Cdr),
        }
    }

    /// The property of `ch` that yields it.
    pub(crate) fn property(self) -> Option<&'static str> {
        match self {
            Self::Channel => None,
            Self::Say => Some("say"),
            Self::Caller => Some("caller"),
            Self::Connected => Some("connected"),
            Self::Redirecting => Some("redirecting"),
            Self::Vars => Some("vars"),
            Self::Cdr => Some("cdr"),
        }
    }
}

/// An argument: its name for messages, and what a literal must look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    /// As messages name it.
    pub(crate) name: &'static str,
    /// What is checked of a literal while loading.
    pub(crate) literal: Literal,
}

/// What a literal argument must look like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Literal {
    /// Anything.
    Any,
    /// A map of options.
    Options(&'static Schema),
    /// The name of a context.
    Context,
    /// One of these words, or a number.
    Word(fn() -> Vec<&'static str>),
    /// A number pattern.
    Pattern,
    /// A value of a kind that options know too.
    Takes(cordboard_app::Takes),
    /// A text of a verb's own language, and what is wrong with it.
    Text(fn(&str) -> Result<(), String>),
}

pub(crate) const fn any(name: &'static str) -> Param {
    Param { name, literal: Literal::Any }
}

pub(crate) const fn takes(name: &'static str, takes: cordboard_app::Takes) -> Param {
    Param { name, literal: Literal::Takes(takes) }
}

pub(crate) const fn options(schema: &'static Schema) -> Param {
    Param { name: "options", literal: Literal::Options(schema) }
}

/// What a verb does. The channel or its part is not among the arguments; a held value is the first of them.
pub(crate) type Run = fn(&Call<'_>, &[Dynamic]) -> Result<Dynamic, Fault>;

/// A verb or function.
pub(crate) struct Verb {
    /// What it is called on.
    pub(crate) on: Receiver,
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it is a step.
    pub(crate) kind: Kind,
    /// Its arguments, without what it is called on; those after `required` may be left out.
    pub(crate) params: &'static [Param],
    /// How many must be given.
    pub(crate) required: usize,
    /// What it does.
    pub(crate) run: Run,
}

/// A property of the channel or of one of its parts.
pub(crate) struct Property {
    /// Of what.
    pub(crate) on: Part,
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether reading it is a step. Writing always is.
    pub(crate) kind: Kind,
    /// Reads it.
    pub(crate) get: Run,
    /// Writes it: one argument.
    pub(crate) set: Option<Run>,
}

/// What the load-time check knows of the engine's own functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Free functions and methods by name, with the numbers of arguments they take (a method's receiver counted).
    pub(crate) functions: BTreeMap<String, BTreeSet<usize>>,
    /// Functions in modules by `module::name`.
    pub(crate) module_functions: BTreeMap<String, BTreeSet<usize>>,
    /// `name/arguments` of those that are steps.
    pub(crate) steps: BTreeSet<String>,
    /// `name/arguments` of those that are pure.
    pub(crate) pure: BTreeSet<String>,
}

/// Puts functions into the engine and remembers what they are.
pub(crate) struct Registrar<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) known: Known,
    modules: BTreeMap<&'static str, Module>,
}

impl<'a> Registrar<'a> {
    pub(crate) fn new(engine: &'a mut Engine) -> Self {
        Self { engine, known: Known::default(), modules: BTreeMap::new() }
    }

    /// Registers the modules that verbs were put into, and hands out what is known, Rhai's own functions included.
    pub(crate) fn finish(mut self) -> Known {
        let own = self.engine.collect_fn_metadata(
            None,
            |info| Some((info.metadata.name.to_string(), info.metadata.num_params)),
            true,
        );
        for (name, arguments) in own {
            self.known.functions.entry(name).or_default().insert(arguments);
        }
        for (name, module) in std::mem::take(&mut self.modules) {
            self.engine.register_static_module(name, Shared::new(module));
        }
        self.known
    }

    pub(crate) fn type_name<T: Variant + Clone>(&mut self, name: &str) {
        self.engine.register_type_with_name::<T>(name);
    }

    pub(crate) fn remember(&mut self, name: &str, arguments: usize, kind: Kind) {
        let key = format!("{name}/{arguments}");
        match kind {
            Kind::Pure | Kind::Load => self.known.pure.insert(key),
            Kind::Step => self.known.steps.insert(key),
        };
        self.known.functions.entry(name.to_owned()).or_default().insert(arguments);
    }

    /// A pure function of plain types.
    pub(crate) fn pure<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        name: &'static str,
        function: impl RhaiNativeFunc<A, N, X, R, F> + 'static,
    ) {
        self.engine.register_fn(name, function);
        self.remember(name, N, Kind::Pure);
    }

    /// A pure function that may put a value of another type in the place of its first argument.
    pub(crate) fn raw_pure(
        &mut self,
        name: &'static str,
        types: &[TypeId],
        function: impl Fn(&mut [&mut Dynamic]) -> Result<(), Box<EvalAltResult>> + 'static,
    ) {
        self.engine.register_raw_fn(name, types, move |_, arguments| function(arguments));
        self.remember(name, types.len(), Kind::Pure);
    }

    /// A pure property of a value.
    pub(crate) fn getter<T: Variant + Clone, R: Variant + Clone>(
        &mut self,
        name: &'static str,
        get: impl Fn(&mut T) -> R + 'static,
    ) {
        self.engine.register_get(name, get);
        self.remember(&format!("get${name}"), 1, Kind::Pure);
    }

    /// A pure indexer of a value.
    pub(crate) fn indexer<T: Variant + Clone, I: Variant + Clone, R: Variant + Clone>(
        &mut self,
        get: impl Fn(&mut T, I) -> R + 'static,
    ) {
        self.engine.register_indexer_get(get);
        self.remember("index$get$", 2, Kind::Pure);
    }

    /// A part of the channel: its type, and the property of `ch` that yields it.
    pub(crate) fn part(&mut self, part: Part) {
        macro_rules! names {
            ($($part:ident),*) => { match part { $(Part::$part => self.type_name::<$part>(stringify!($part)),)* } };
        }
        names!(Channel, Say, Caller, Connected, Redirecting, Vars, Cdr);
        if let Some(property) = part.property() {
            self.engine.register_get(property, move |_: &mut Channel| part.dynamic());
            self.remember(&format!("get${property}"), 1, Kind::Pure);
        }
    }

    /// A verb, for each number of arguments that it takes.
    pub(crate) fn verb(&mut self, verb: &'static Verb) {
        for given in verb.required..=verb.params.len() {
            let mut types = vec![TypeId::of::<Dynamic>(); given];
            match verb.on {
                Receiver::Free => self.raw(verb.name, &types, 0, verb.kind, verb.run),
                Receiver::Part(part) => {
                    types.insert(0, part.type_id());
                    self.raw(verb.name, &types, 1, verb.kind, verb.run);
                }
                Receiver::Value(held) => {
                    types.insert(0, held.type_id());
                    self.raw(verb.name, &types, 0, verb.kind, verb.run);
                }
                Receiver::Module(module) => self.raw_in_module(module, verb, &types),
            }
        }
    }

    /// An application's verb: it runs the application with its arguments, and yields its outcome.
    pub(crate) fn application(&mut self, manual: &'static Manual) {
        for given in manual.required..=manual.params.len() {
            let mut types = vec![TypeId::of::<Dynamic>(); given];
            types.insert(0, Part::Channel.type_id());
            self.engine.register_raw_fn(manual.verb, &types, move |context, arguments| {
                invoke(&context, arguments, 1, Kind::Step, |call, values| {
                    crate::verbs::run_application(manual, call, values)
                })
            });
            self.remember(manual.verb, types.len(), Kind::Step);
        }
    }

    /// A property of the channel or a part of it.
    pub(crate) fn property(&mut self, property: &'static Property) {
        let receiver = property.on.type_id();
        self.raw(&format!("get${}", property.name), &[receiver], 1, property.kind, property.get);
        if let Some(set) = property.set {
            let types = [receiver, TypeId::of::<Dynamic>()];
            self.raw(&format!("set${}", property.name), &types, 1, Kind::Step, set);
        }
    }

    /// `part[index]`, read and written by steps.
    pub(crate) fn index(&mut self, on: Part, get: Run, set: Run) {
        let value = TypeId::of::<Dynamic>();
        self.raw("index$get$", &[on.type_id(), value], 1, Kind::Step, get);
        self.raw("index$set$", &[on.type_id(), value, value], 1, Kind::Step, set);
    }

    fn raw(&mut self, name: &str, types: &[TypeId], receivers: usize, kind: Kind, run: Run) {
        self.engine.register_raw_fn(name, types, move |context, arguments| {
            invoke(&context, arguments, receivers, kind, run)
        });
        self.remember(name, types.len(), kind);
    }

    fn raw_in_module(&mut self, module: &'static str, verb: &'static Verb, types: &[TypeId]) {
        let (kind, run) = (verb.kind, verb.run);
        let function =
            move |context: Option<NativeCallContext<'_>>, arguments: &mut [&mut Dynamic]| match context {
                Some(context) => invoke(&context, arguments, 0, kind, run),
                None => Err("no context".into()),
            };
        let function = rhai::RhaiFunc::Method {
            func: Shared::new(function),
            has_context: true,
            is_pure: true,
            is_volatile: true,
        };
        FuncRegistration::new(verb.name).set_into_module_raw(
            self.modules.entry(module).or_default(),
            types,
            function,
        );
        let path = format!("{module}::{}", verb.name);
        self.known.module_functions.entry(path.clone()).or_default().insert(types.len());
        let key = format!("{path}/{}", types.len());
        match kind {
            Kind::Pure | Kind::Load => self.known.pure.insert(key),
            Kind::Step => self.known.steps.insert(key),
        };
    }
}

fn invoke(
    context: &NativeCallContext<'_>,
    arguments: &mut [&mut Dynamic],
    receivers: usize,
    kind: Kind,
    run: impl Fn(&Call<'_>, &[Dynamic]) -> Result<Dynamic, Fault>,
) -> Result<Dynamic, Box<EvalAltResult>> {
    let values: Vec<Dynamic> = arguments.iter().skip(receivers).map(|value| value.flatten_clone()).collect();
    let call = Call::of(context)?;
    let result = match kind {
        Kind::Pure => run(&call, &values),
        Kind::Step if call.session().is_none() => Err(Fault::from(
            "this needs a call: the top level runs once while loading, without one; put it into a handler",
        )),
        Kind::Step => {
            if let Some(session) = call.session() {
                let at = context.call_position();
                let file = crate::build::file_of_call(context);
                session.stands_at(file, at.line().unwrap_or(0), at.position().unwrap_or(0));
            }
            run(&call, &values)
        }
        Kind::Load if call.session().is_some() => {
            Err(Fault::from("routes are made while loading: this can't be done in a call"))
        }
        Kind::Load => run(&call, &values),
    };
    result.map_err(|fault| match fault {
        // Nothing in a script can catch it.
        Fault::Ended => Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE)),
        Fault::Error(message) => Box::new(EvalAltResult::ErrorRuntime(message.into(), Position::NONE)),
    })
}
