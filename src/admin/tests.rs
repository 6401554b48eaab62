use super::*;
use crate::poller::Poller;
use crate::wake::Waker;
use cordboard_exchange::AdminReply;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    server: Option<Server>,
    waker: Waker,
    poller: Poller,
    path: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        let _removed = std::fs::remove_dir_all(self.path.parent().unwrap());
    }
}

fn world(name: &str) -> World {
    let path = std::env::temp_dir().join(format!("cordboard-admin-{}-{name}/admin.sock", std::process::id()));
    let waker = Waker::new().unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&waker, 0).unwrap();
    let server = Some(Server::start(&path, &waker).unwrap());
    World { server, waker, poller, path }
}

impl World {
    fn server(&mut self) -> &mut Server {
        self.server.as_mut().unwrap()
    }

    fn asked(&mut self) -> (u64, Request) {
        let until = Instant::now() + PATIENCE;
        let mut requests = Vec::new();
        loop {
            self.server().requests(&mut requests);
            if let Some(request) = requests.pop() {
                assert!(requests.is_empty());
                return request;
            }
            let left = until.checked_duration_since(Instant::now()).expect("nothing was asked");
            self.poller.wait(Some(left), &mut Vec::new()).unwrap();
            self.waker.clear();
        }
    }

    /// A client in a thread of its own: its answers to each of `requests`.
    fn client(&self, requests: Vec<Request>) -> std::thread::JoinHandle<Vec<Response>> {
        let path = self.path.clone();
        std::thread::spawn(move || {
            let mut client = Client::connect(&path).unwrap();
            requests.iter().map(|request| client.ask_one(request).unwrap()).collect()
        })
    }
}

#[test]
fn a_client_is_answered_request_by_request() {
    let mut world = world("answer");
    let hangup = Request::Hangup { call: CallId(0xabc) };
    let client = world.client(vec![Request::Version, hangup.clone()]);
    let (id, request) = world.asked();
    assert_eq!(request, Request::Version);
    assert!(world.server().answer(id, Response::Text("1".to_owned())));
    assert!(!world.server().answer(id, Response::Done), "answered before");
    let (id, request) = world.asked();
    assert_eq!(request, hangup);
    assert!(world.server().answer(id, Response::Exchange(AdminReply::Done)));
    assert_eq!(
        client.join().unwrap(),
        [Response::Text("1".to_owned()), Response::Exchange(AdminReply::Done)]
    );
}

#[test]
fn lines_follow_until_the_client_goes() {
    let mut world = world("log");
    let path = world.path.clone();
    let client = std::thread::spawn(move || {
        let mut lines = Vec::new();
        let request = Request::Log { follow: true, lines: 2 };
        let taken = Client::connect(&path).unwrap().ask(&request, |response| {
            lines.push(response);
            if lines.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        taken.unwrap();
        lines
    });
    let (id, _) = world.asked();
    assert!(world.server().answer(id, Response::Line("one".to_owned())));
    assert!(world.server().answer(id, Response::Line("two".to_owned())));
    assert_eq!(client.join().unwrap(), [Response::Line("one".to_owned()), Response::Line("two".to_owned())]);
    let until = Instant::now() + PATIENCE;
    while world.server().answer(id, Response::Line("three".to_owned())) {
        assert!(Instant::now() < until, "a client that is gone is still answered");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_not_answered_at_the_stop_is_told_so() {
    let mut world = world("stop");
    let client = world.client(vec![Request::Calls]);
    world.asked();
    world.server.take().unwrap().stop();
    assert_eq!(client.join().unwrap(), [Response::Failed("the exchange is stopping".to_owned())]);
    let error = Client::connect(&world.path).unwrap_err().to_string();
    assert!(error.contains("no cordboard is running"), "{error}");
}

#[test]
fn nonsense_and_endless_requests_are_refused() {
    let world = world("nonsense");
    let begun = Instant::now();
    for bytes in [b"{\"dance\":{}}\n".to_vec(), b"\xff\xfe\n".to_vec(), vec![b'['; 70_000]] {
        let mut stream = UnixStream::connect(&world.path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The far end may have closed before all of it is written.
        let _cut = stream.write_all(&bytes);
        let mut said = String::new();
        let _reset = stream.read_to_string(&mut said);
        assert!(said.is_empty() || said.contains("not understood"), "{said}");
    }
    assert!(begun.elapsed() < PATIENCE, "they are closed at once");
}

#[test]
fn the_socket_is_its_owners_alone_and_a_second_exchange_is_refused() {
    let mut world = world("rights");
    let mode = std::fs::metadata(&world.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(matches!(Server::start(&world.path, &world.waker), Err(AdminError::Running(_))));
    // What a killed process leaves behind is no obstacle.
    world.server.take().unwrap().stop();
    drop(std::os::unix::net::UnixListener::bind(&world.path).unwrap());
    assert!(world.path.exists());
    world.server = Some(Server::start(&world.path, &world.waker).unwrap());
}

#[test]
fn one_client_past_the_limit_is_told_so() {
    let world = world("many");
    let held: Vec<UnixStream> = (0..16).map(|_| UnixStream::connect(&world.path).unwrap()).collect();
    let mut one_more = UnixStream::connect(&world.path).unwrap();
    one_more.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut said = String::new();
    one_more.read_to_string(&mut said).unwrap();
    assert!(said.contains("too many"), "{said}");
    drop(held);
}
