//! `penstock run` with a real Envoy: it comes up, it goes, and it leaves nothing behind.

use std::{
    fs,
    io::{BufRead, BufReader, Read as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{envoy, filters};
use penstock_envoy::admin::Admin;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub struct Gateway {
    pub child: Child,
    stderr: BufReader<ChildStderr>,
    listen: SocketAddr,
    pub admin: SocketAddr,
    filters: TempDir,
    pub directory: TempDir,
}

impl Gateway {
    /// What is said from now on until it contains `words`.
    pub fn until(&mut self, words: &str) -> String {
        until(&mut self.stderr, words)
    }

    /// What Envoy's admin interface answers.
    pub fn admin(&self, path: &str) -> String {
        Admin(self.admin).text(path).unwrap()
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// `penstock run`, as soon as it says that it is ready.
pub fn start() -> Option<Gateway> {
    start_with(|_| ())
}

/// The same with other filters in the directory.
pub fn start_with(change: impl FnOnce(&Path)) -> Option<Gateway> {
    let envoy = envoy()?;
    let (listen, admin) = (free(), free());
    let filters = filters();
    change(filters.path());
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("penstock.yaml"),
        format!(
            "listen: {listen}\nadmin: {admin}
providers: [{{ name: a, api: openai, base_url: 'http://127.0.0.1:9/v1', credential: {{ file: secret }} }}]
models: [{{ name: m, targets: [{{ provider: a, model: x }}] }}]"
        ),
    )
    .unwrap();
    let mut child = command(&directory, &filters, &envoy)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let said = until(&mut stderr, "penstock: ready");
    assert!(
        said.contains(&format!("ready on http://{listen}")) && said.contains("models m"),
        "{said}"
    );
    assert!(
        said.contains("no file") && said.contains("provider \"a\""),
        "{said}"
    );
    Some(Gateway {
        child,
        stderr,
        listen,
        admin,
        filters,
        directory,
    })
}

fn command(directory: &TempDir, filters: &TempDir, envoy: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_penstock"));
    command
        .args(["run", "--concurrency", "1", "--file"])
        .arg(directory.path().join("penstock.yaml"));
    command
        .arg("--wasm-dir")
        .arg(filters.path())
        .arg("--envoy")
        .arg(fs::canonicalize(envoy).unwrap());
    command.env("TMPDIR", directory.path()).stdout(Stdio::null());
    command
}

pub fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Envoy inherits standard error, so its end is the end of the last process that had it.
fn assert_nothing_left(mut gateway: Gateway) {
    let started = Instant::now();
    let mut rest = String::new();
    gateway.stderr.read_to_string(&mut rest).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{rest}");
    assert!(TcpStream::connect(gateway.listen).is_err(), "{rest}");
}

#[test]
fn it_ends_when_asked_and_removes_its_files() {
    for with in [Signal::INT, Signal::TERM] {
        let Some(mut gateway) = start() else { return };
        TcpStream::connect(gateway.listen).unwrap();
        signal(&gateway.child, with);
        assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
        let left: Vec<_> = fs::read_dir(gateway.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["penstock.yaml"]);
        assert_nothing_left(gateway);
    }
}

#[test]
fn envoy_does_not_outlive_a_killed_command() {
    let Some(mut gateway) = start() else { return };
    gateway.child.kill().unwrap();
    gateway.child.wait().unwrap();
    assert_nothing_left(gateway);
}

#[test]
fn a_port_in_use_is_named_with_its_field() {
    let Some(mut gateway) = start() else { return };
    let envoy = envoy().unwrap();
    let output = command(&gateway.directory, &gateway.filters, &envoy)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains(&format!(
            "{} is in use; end what listens there, or change listen in",
            gateway.listen
        )),
        "{stderr}"
    );
    signal(&gateway.child, Signal::TERM);
    gateway.child.wait().unwrap();
}

/// A configuration with a section `service`, what follows in it and behind it, and addresses of its own.
fn guarded(directory: &TempDir, more: &str) -> SocketAddr {
    let (listen, admin) = (free(), free());
    let file = format!(
        "listen: {listen}\nadmin: {admin}\nservice: {{}}
providers: [{{ name: a, api: openai, base_url: 'http://127.0.0.1:9/v1' }}]
models: [{{ name: m, targets: [{{ provider: a, model: x }}] }}]
{more}\n"
    );
    fs::write(directory.path().join("penstock.yaml"), file).unwrap();
    listen
}

#[test]
fn without_the_service_nobody_is_let_in_who_needs_a_key() {
    let Some(envoy) = envoy() else { return };
    let (directory, filters) = (tempfile::tempdir().unwrap(), filters());
    guarded(&directory, "keys: { list: [] }");
    let output = command(&directory, &filters, &envoy)
        .arg("--no-service")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("nobody looks at keys"), "{stderr}");

    let listen = guarded(&directory, "keys: { anonymous: { tenant: t } }");
    let mut child = command(&directory, &filters, &envoy)
        .arg("--no-service")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = until(
        &mut BufReader::new(child.stderr.take().unwrap()),
        "penstock: ready",
    );
    assert!(
        said.contains("nobody looks at keys") && said.contains(&listen.to_string()),
        "{said}"
    );
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// What is said until it contains `words`.
fn until(stderr: &mut impl BufRead, words: &str) -> String {
    let mut said = String::new();
    while !said.contains(words) {
        let before = said.len();
        stderr.read_line(&mut said).unwrap();
        assert!(said.len() > before, "ended without {words:?}: {said}");
    }
    said
}

/// The service that cargo has put beside `penstock`; says so where there is none.
fn service() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_BIN_EXE_penstock")).with_file_name("penstock-ext-proc");
    if !path.is_file() {
        eprintln!("skipped: no penstock-ext-proc beside penstock; build it with `make tools`");
        return None;
    }
    Some(path)
}

/// The process that was started with this file.
fn process_of(program: &Path, file: &Path) -> Option<Pid> {
    let begin = [program.to_str().unwrap(), "--file", file.to_str().unwrap()].join("\0");
    fs::read_dir("/proc").unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        line.starts_with(begin.as_bytes()).then(|| Pid::from_raw(pid))?
    })
}

#[test]
fn a_service_that_ends_by_itself_is_started_again() {
    let (Some(envoy), Some(service)) = (envoy(), service()) else {
        return;
    };
    let (directory, filters) = (tempfile::tempdir().unwrap(), filters());
    guarded(&directory, "");
    let file = directory.path().join("penstock.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let own = format!("service: {{ listen: '{}', admin: '{}' }}", free(), free());
    fs::write(&file, text.replace("service: {}", &own)).unwrap();
    let mut child = command(&directory, &filters, &envoy)
        .arg("--service")
        .arg(&service)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    until(&mut stderr, "penstock: ready");
    let mut before = None;
    for _ in 0..2 {
        let running = process_of(&service, &file).unwrap();
        assert_ne!(before.replace(running), Some(running));
        kill_process(running, Signal::KILL).unwrap();
        let said = until(&mut stderr, "penstock: the service is back");
        assert!(
            said.contains("ended by itself") && said.contains("started again in"),
            "{said}"
        );
    }
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(process_of(&service, &file), None);
}
