//! One call with its programs: an input changes the state, then the programs that have a reply are resumed, then everybody is
//! told what has changed.
//!
//! ```text
//! handle ─▶ state ─▶ run: resume ─ step ─ resume ─ step … ─▶ settle ─▶ over? ─▶ record
//! ```

use crate::leg::identity;
use crate::leg::owner::{Owner, Whose};
use crate::leg::{Leg, Side, reason_of};
use crate::program::stack::{ENTERS_MAX, Role, STACK_DEPTH_MAX, Stack, StackId, Wait};
use crate::program::words::in_words;
use crate::state::{Beside, EndBy, Phase, Run, State, Timer, Wanted};
use crate::world::World;
use crate::{Fact, NewCall};
use cordboard_app::{
    App, CallInfo, Cause, Level, Privacy, Programs, Query, Reply, RouteError, RouteRequest, Step, Transfer,
    Value,
};
use cordboard_base::{CallId, Few, LegId, Time};
use cordboard_sdp::{MediaKind, SessionDescription};
use cordboard_sip::message::session_description;
use core::time::Duration;
use std::collections::BTreeMap;
use std::rc::Rc;

/// By then a port is open, or has been closed; the engine answers within milliseconds.
pub(crate) const PORT_TIME: Duration = Duration::from_secs(5);

/// Steps of one call in one turn; then others have theirs. A program seldom takes ten before it waits for something; those of one
/// that never waits, each with a line in the log, must not keep others waiting for more than a millisecond.
pub(crate) const STEPS_PER_TURN_MAX: usize = 50;

/// How long an INVITE with Replaces may wait for the exchange to say what it replaces.
const REPLACE_TIME: Duration = Duration::from_secs(5);

/// The programs of each stack, the topmost last.
pub(crate) type Apps = Few<StackId, Vec<Box<dyn App>>>;

/// A call.
pub(crate) struct Call {
    pub(crate) state: State,
    /// The dialplan that it began with.
    pub(crate) programs: Rc<dyn Programs>,
    pub(crate) apps: Apps,
}

impl Call {
    /// A call whose INVITE is about to be handed over.
    pub(crate) fn new(w: &mut World, now: Time, new: NewCall, programs: Rc<dyn Programs>) -> Self {
        let NewCall { call, mut info, request, from, codecs, presentation, runs, replaces } = new;
        let claimed = identity::claimed(&request.headers, info.trunk.is_some());
        if info.user.is_none() {
            let nameless =
                info.caller.number.is_empty() || info.caller.number.eq_ignore_ascii_case("anonymous");
            if nameless {
                info.caller = claimed.identity;
            }
            if claimed.privacy == Privacy::Restricted {
                info.privacy = Privacy::Restricted;
            }
        }
        info.caller = identity::cleaned(&info.caller);
        info.redirecting = info.redirecting.or(claimed.redirecting);
        if info.lang.is_empty() {
            info.lang.clone_from(&w.office.lang);
        }
        // A body that can't be read was refused at the door.
        let body = session_description(&request.headers, &request.body).unwrap_or_default();
        let body = body.map(|sdp| SessionDescription::parse(&sdp)).transpose();
        let malformed = body.is_err();
        let offer = body.ok().flatten();
        // Its packets come from where its signalling comes from, behind whatever NAT, unless the families differ.
        let signalling = from.remote.ip();
        let media = offer.as_ref().and_then(SessionDescription::audio_ip);
        let peer = media.filter(|ip| ip.is_ipv4() != signalling.is_ipv4()).unwrap_or(signalling);
        let video = offer.as_ref().is_some_and(|offer| offer.active(&MediaKind::Video).is_some());
        let mut state = State::new(call, info, request.headers.to_keep(), now, replaces);
        state.runs = runs;
        let id = state.first_leg();
        let mut leg = Leg::new(w, now, id, Side::Incoming { offer: None }, peer, video);
        leg.party = state.info.caller.clone();
        leg.privacy = state.info.privacy;
        leg.owner = owner_of(&state.info);
        leg.codecs = codecs;
        leg.presentation = presentation.map(Box::new);
        if let Some(offer) = offer {
            leg.sdp.learn(&offer);
            leg.side = Side::Incoming { offer: Some(Box::new(offer)) };
        }
        state.legs.insert(id, leg);
        state.timers.set(Timer::Port(id), now + PORT_TIME);
        if replaces {
            state.timers.set(Timer::Replace, now + REPLACE_TIME);
        }
        w.fact(call, Fact::Began { info: state.info.clone() });
        if malformed {
            state.log(w, Level::Warn, "malformed session description");
            state.end_legs(w, now, &[id], Cause::INCOMPATIBLE, reason_of(Cause::INCOMPATIBLE));
            state.phase = Phase::Ending;
        }
        Self { state, programs, apps: Few::new() }
    }

    /// Resumes whoever has a reply, until everybody is parked; then tells what has changed.
    pub(crate) fn turn(&mut self, w: &mut World, now: Time) {
        for _ in 0..STEPS_PER_TURN_MAX {
            self.tell_recorded(now);
            if let Some(wanted) = self.state.wanted.take() {
                self.start_program(w, now, wanted);
            }
            for beside in core::mem::take(&mut self.state.beside) {
                self.start_beside(w, now, beside);
            }
            let Some(id) = self.ready_stack() else {
                break;
            };
            self.resume(w, now, id);
        }
        let more =
            self.state.wanted.is_some() || !self.state.beside.is_empty() || self.ready_stack().is_some();
        if more {
            self.state.turn.get_or_insert(now);
        }
        self.state.end_if_idle(w, now);
        self.state.settle(w);
    }

    /// The dialplan is told of recordings that are complete, beside whatever drives the call.
    fn tell_recorded(&mut self, now: Time) {
        for recording in core::mem::take(&mut self.state.recorded) {
            let Some(app) = self.programs.recorded(&self.state.info, &recording) else { continue };
            let id = StackId(self.state.next_stack);
            self.state.next_stack = self.state.next_stack.wrapping_add(1);
            self.state.stacks.insert(id, Stack::beside(self.state.first_leg()));
            self.state.timers.set(Timer::Unwind(id), now + crate::hangup::UNWIND_TIME);
            self.apps.insert(id, vec![app]);
        }
    }

    fn ready_stack(&self) -> Option<StackId> {
        let ready = |stack: &Stack| matches!(stack.wait, Wait::Ready(_));
        self.state.stacks.iter().find(|(_, stack)| ready(stack)).map(|(id, _)| *id)
    }

    fn resume(&mut self, w: &mut World, now: Time, id: StackId) {
        let Some(stack) = self.state.stacks.get_mut(&id) else {
            return;
        };
        let Some(reply) = stack.take_reply() else {
            return;
        };
        let Some(app) = self.apps.get_mut(&id).and_then(|apps| apps.last_mut()) else {
            return self.stack_done(w, now, id, &Value::Unit);
        };
        let step = app.resume(now, reply);
        if !matches!(step, Step::Done(_) | Step::Yield) {
            let what = self.state.typed.blotted(in_words(&step));
            w.fact(self.state.id, Fact::Step { what, place: app.place() });
        }
        match step {
            Step::Transfer(Transfer::Blind { number }) if !self.has_route_for(w, id, &number) => {
                self.state.reply(id, Reply::Failed("there is no such number".to_owned()));
            }
            Step::Ask(Query::HasRoute { context, number }) => {
                let has = self.programs.has_route(&context, &number);
                self.state.reply(id, Reply::Value(Value::Bool(has)));
            }
            Step::Done(value) => self.frame_done(w, now, id, value),
            Step::Run { app, args } => self.run_app(id, &app, &args),
            Step::Enter { context, number } => self.enter(w, now, id, context, number),
            Step::Answer
            | Step::Progress
            | Step::Ringing
            | Step::Hangup(_)
            | Step::Dial(_)
            | Step::Play(_)
            | Step::Read(_)
            | Step::Wait { .. }
            | Step::WaitSilence { .. }
            | Step::DetectMachine(_)
            | Step::Echo { .. }
            | Step::Tone(_)
            | Step::Music(_)
            | Step::SendDigits { .. }
            | Step::Record(_)
            | Step::ControlRecording { .. }
            | Step::Ask(_)
            | Step::Note(_)
            | Step::Await(_)
            | Step::Join(_)
            | Step::TakeMessage(_)
            | Step::Connect(_)
            | Step::Transfer(_)
            | Step::Yield => self.state.execute(w, now, id, step),
        }
    }

    /// Whether the leg that a stack drives may dial a number.
    fn has_route_for(&self, w: &World, id: StackId, number: &str) -> bool {
        let leg = self.state.stacks.get(&id).and_then(|stack| self.state.legs.get(&stack.subject));
        let emergency = || w.office.emergency.number_of(number).is_some();
        leg.is_some_and(|leg| emergency() || self.programs.has_route(&leg.owner.context, number))
    }

    /// The topmost program has ended: the one below goes on.
    fn frame_done(&mut self, w: &mut World, now: Time, id: StackId, value: Value) {
        let left = self.apps.get_mut(&id).is_some_and(|apps| {
            apps.pop();
            !apps.is_empty()
        });
        if !left {
            return self.stack_done(w, now, id, &value);
        }
        let hung = self.state.stacks.get(&id).and_then(|stack| stack.hung);
        self.state.reply(id, hung.map_or(Reply::Value(value), Reply::HungUp));
    }

    /// The whole program has ended: if its leg is there still, that is hung up; a screen has decided.
    fn stack_done(&mut self, w: &mut World, now: Time, id: StackId, outcome: &Value) {
        self.apps.remove(&id);
        self.state.timers.cancel(&Timer::Unwind(id));
        let Some(stack) = self.state.stacks.remove(&id) else {
            return;
        };
        match stack.role {
            Role::Drives => {}
            Role::Screens(of) => return self.state.screened(w, now, of, stack.subject, outcome),
            Role::Feature => return self.state.aside_over(w, now, Some(id)),
            Role::Consults(_) => {
                let how = (stack.talked, stack.last_cause.unwrap_or(Cause::NORMAL));
                return self.state.consult_over(w, Some(id), how);
            }
        }
        if self.state.main != Some(id) {
            return;
        }
        self.state.main = None;
        let up = self.state.legs.get(&stack.subject).is_some_and(Leg::is_up);
        let failed = stack.last_cause.unwrap_or(Cause::NORMAL);
        if self.state.transfer_failed(w, now, failed) {
            return;
        }
        let cause = if up { Cause::NORMAL } else { failed };
        self.state.note_end(cause, EndBy::System);
        self.state.end_legs(w, now, &[stack.subject], cause, reason_of(cause));
    }

    fn run_app(&mut self, id: StackId, name: &str, args: &Value) {
        let Some(stack) = self.state.stacks.get_mut(&id) else {
            return;
        };
        if let Some(cause) = stack.hung {
            return stack.reply(Reply::HungUp(cause));
        }
        if self.apps.get(&id).is_some_and(|apps| apps.len() >= STACK_DEPTH_MAX) {
            return stack.reply(Reply::Failed("too many programs on top of each other".to_owned()));
        }
        match self.programs.app(name, &self.state.info, args) {
            Ok(app) => {
                match self.apps.get_mut(&id) {
                    Some(apps) => apps.push(app),
                    None => drop(self.apps.insert(id, vec![app])),
                }
                stack.reply(Reply::Start);
            }
            Err(error) => stack.reply(Reply::Failed(text_of(&error))),
        }
    }

    /// Leaves the program for a route. Programs below it, if any, unwind beside the new one.
    fn enter(&mut self, w: &mut World, now: Time, id: StackId, context: String, number: String) {
        let Some(stack) = self.state.stacks.get(&id) else {
            return;
        };
        let (subject, enters, live) = (stack.subject, stack.enters.saturating_add(1), stack.hung.is_none());
        let vars = stack.vars.clone();
        let role = stack.role;
        if let (Role::Consults(_), true) = (role, live) {
            // Nobody waits below: the route takes the place of the whole stack.
            self.apps.remove(&id);
            self.state.stacks.remove(&id);
            let run = Run::Route { context, number, entered: true };
            return self.state.beside.push(Beside { subject, role, run });
        }
        if !live || self.state.main != Some(id) {
            return self.frame_done(w, now, id, Value::Unit);
        }
        if enters > ENTERS_MAX {
            self.state.log(w, Level::Error, "routes enter each other without end");
            return self.stack_done(w, now, id, &Value::Unit);
        }
        if let Some(apps) = self.apps.get_mut(&id) {
            apps.pop();
        }
        self.state.main = None;
        if self.apps.get(&id).is_some_and(|apps| !apps.is_empty()) {
            self.state.hang(w, now, id, Cause::NORMAL);
        } else {
            self.apps.remove(&id);
            self.state.stacks.remove(&id);
        }
        self.state.wanted = Some(Wanted { subject, context, number, enters, vars });
    }

    /// Finds and starts the program for a leg.
    fn start_program(&mut self, w: &mut World, now: Time, wanted: Wanted) {
        let Wanted { subject, context, number, enters, vars } = wanted;
        let is_inner = self.state.is_stand_in(subject);
        if !is_inner && !self.state.is_live(subject) {
            return;
        }
        let mut info = self.state.info.clone();
        info.context = context;
        info.dialed = number;
        // Nobody is there to be told that there is no such number.
        let is_nowhere = is_inner && !self.programs.has_route(&info.context, &info.dialed);
        // `*67112`, whose route enters 112, has been typed as well.
        let typed = enters == 0 || self.state.info.dialed.ends_with(&info.dialed);
        let emergency = self.emergency_program(w, subject, &info, typed, &vars);
        let is_emergency = emergency.is_some();
        let routed = if is_nowhere {
            Err(RouteError::NoRoute)
        } else {
            emergency.map_or_else(|| self.programs.route(&RouteRequest { info: info.clone() }), Ok)
        };
        match routed {
            Ok(app) => {
                let id = StackId(self.state.next_stack);
                routed_by(w, self.state.id, app.as_ref());
                self.state.next_stack = self.state.next_stack.wrapping_add(1);
                self.state.info = info;
                let stack = Stack { emergency: is_emergency, ..Stack::new(subject, enters, vars) };
                self.state.stacks.insert(id, stack);
                self.state.main = Some(id);
                self.apps.insert(id, vec![app]);
            }
            Err(error) => {
                let text = format!("no program for {} in {}: {}", info.dialed, info.context, text_of(&error));
                self.state.log(w, Level::Info, text);
                let cause = cause_of(&error);
                if !self.state.transfer_failed(w, now, cause) {
                    self.state.note_end(cause, EndBy::System);
                    self.state.end_legs(w, now, &[subject], cause, reason_of(cause));
                }
            }
        }
    }

    /// The program of an emergency call, if a leg makes one: told of to whom it may concern.
    fn emergency_program(
        &self,
        w: &mut World,
        subject: LegId,
        info: &CallInfo,
        typed: bool,
        vars: &BTreeMap<String, Value>,
    ) -> Option<Box<dyn App>> {
        let emergency = self.state.emergency(w, subject, &info.dialed, vars).filter(|_| typed)?;
        let app = match self.programs.app(crate::emergency::APP, info, &emergency.arguments()) {
            Ok(app) => app,
            Err(error) => {
                self.state.log(w, Level::Error, format!("emergency call: {}", text_of(&error)));
                return None;
            }
        };
        let crate::emergency::Emergency { user, phone, number, caller, .. } = emergency;
        w.fact(self.state.id, Fact::Emergency { user, phone, number, caller });
        Some(app)
    }

    /// Starts a program on a leg.
    fn start_beside(&mut self, w: &mut World, now: Time, beside: Beside) {
        let Beside { subject, role, run } = beside;
        if !self.state.is_live(subject) {
            return;
        }
        let callee = self.state.legs.get(&subject).and_then(|leg| leg.answers_for.as_deref().or(leg.who()));
        let screened = match role {
            Role::Screens(_) => {
                Some(CallInfo { callee: callee.cloned().map(Box::new), ..self.state.info.clone() })
            }
            Role::Drives | Role::Feature | Role::Consults(_) => None,
        };
        let info = screened.as_ref().unwrap_or(&self.state.info);
        let mut is_emergency = false;
        let (what, made) = match run {
            Run::App { app, args } => (format!("run {app}"), self.programs.app(&app, info, &args)),
            Run::Route { context, number, entered } => {
                let info = self.state.info_of(subject, context, number);
                let emergency = self.emergency_program(w, subject, &info, !entered, &BTreeMap::new());
                is_emergency = emergency.is_some();
                let made = if let Some(program) = emergency {
                    Ok(program)
                } else if self.programs.has_route(&info.context, &info.dialed) {
                    self.programs.route(&RouteRequest { info: info.clone() })
                } else {
                    Err(RouteError::NoRoute)
                };
                (format!("enter {} {}", info.context, info.dialed), made)
            }
        };
        w.fact(self.state.id, Fact::Step { what: format!("{what} on {subject}").into(), place: None });
        match made {
            Ok(program) => {
                routed_by(w, self.state.id, program.as_ref());
                let id = StackId(self.state.next_stack);
                self.state.next_stack = self.state.next_stack.wrapping_add(1);
                let stack =
                    Stack { role, emergency: is_emergency, ..Stack::new(subject, 0, BTreeMap::new()) };
                self.state.stacks.insert(id, stack);
                match role {
                    Role::Drives => self.state.main = Some(id),
                    Role::Screens(_) => {}
                    Role::Feature => self.state.aside_begun(id),
                    Role::Consults(_) => self.state.consult_begun(id),
                }
                self.apps.insert(id, vec![program]);
            }
            Err(error) => {
                self.state.log(w, Level::Info, format!("{what}: {}", text_of(&error)));
                let cause = cause_of(&error);
                match role {
                    Role::Drives => {
                        self.state.note_end(cause, EndBy::System);
                        self.state.end_legs(w, now, &[subject], cause, reason_of(cause));
                    }
                    Role::Screens(of) => self.state.screened(w, now, of, subject, &Value::Bool(false)),
                    Role::Feature => self.state.aside_over(w, now, None),
                    Role::Consults(_) => self.state.consult_over(w, None, (false, cause)),
                }
            }
        }
    }

    /// An unwinding program has used up its time.
    pub(crate) fn unwind_timer(&mut self, w: &mut World, id: StackId) {
        if self.state.stacks.remove(&id).is_some() {
            self.apps.remove(&id);
            self.state.log(w, Level::Warn, "a program did not unwind in time");
        }
    }
}

/// Whose a call's first leg is.
fn owner_of(info: &CallInfo) -> Owner {
    let whose = match (&info.trunk, &info.user) {
        (Some(trunk), _) => Whose::Trunk(trunk.clone()),
        (None, Some(user)) => Whose::User(user.clone()),
        (None, None) => Whose::Nobody,
    };
    Owner { whose, context: info.context.clone(), phone: info.phone.clone() }
}

fn cause_of(error: &RouteError) -> Cause {
    match error {
        RouteError::NoRoute | RouteError::NoContext => Cause::UNALLOCATED,
        RouteError::NoApp | RouteError::BadArguments(_) => Cause::INTERWORKING,
        RouteError::Full => Cause::CONGESTION,
    }
}

fn text_of(error: &RouteError) -> String {
    match error {
        RouteError::NoRoute => "no route".to_owned(),
        RouteError::NoContext => "no such context".to_owned(),
        RouteError::NoApp => "no such application".to_owned(),
        RouteError::BadArguments(text) => format!("bad arguments: {text}"),
        RouteError::Full => "too many programs".to_owned(),
    }
}

/// Tells which route a program was started for.
fn routed_by(w: &mut World, call: CallId, program: &dyn App) {
    if let Some((context, pattern)) = program.route() {
        let (context, pattern) = (context.to_owned(), pattern.to_owned());
        w.fact(call, Fact::Routed { context, pattern });
    }
}
