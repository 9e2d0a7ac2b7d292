//! A wire to the database that can be cut at the worst moment, and that hears what is said.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// The only commit that the system knows, as it travels.
const COMMIT: &[u8] = b"commit\0";

/// When the wire is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears of the commit.
    BeforeCommit,
    /// The server has committed, and nobody hears of it.
    AfterCommit,
}

/// Stands between the system and its database.
pub struct Wire {
    url: String,
    plan: Arc<Mutex<Option<Plan>>>,
    said: Arc<Mutex<Vec<Said>>>,
    /// Changes when the connections that are open die.
    deaths: watch::Sender<()>,
}

/// What the system says to its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A transaction begins, with its tenant.
    Begin,
    /// One statement, which costs a round trip unless it is sent together with others.
    Statement(String),
    Commit,
}

#[derive(Clone, Copy)]
struct Plan {
    cut: Cut,
    /// Commits that still get through.
    spared: usize,
}

impl Wire {
    /// A wire to the database at `url`.
    pub async fn to(url: &str) -> Wire {
        let mut url: Url = url.parse().unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let plan: Arc<Mutex<Option<Plan>>> = Arc::default();
        let said: Arc<Mutex<Vec<Said>>> = Arc::default();
        let (cutter, heard) = (plan.clone(), said.clone());
        let deaths = watch::Sender::new(());
        let dying = deaths.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(&server).await.unwrap();
                // Every answer is waited for: without this each would take 40 ms.
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (mut death, cutter) = (dying.subscribe(), cutter.clone());
                let mut ear = Ear::new(heard.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(&mut client, &mut server, &cutter, &mut ear) => {}
                        _ = death.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Wire {
            url: url.into(),
            plan,
            said,
            deaths,
        }
    }

    /// What was said since this was last asked.
    pub fn said(&self) -> Vec<Said> {
        std::mem::take(&mut self.said.lock().unwrap())
    }

    /// For `DATABASE_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The wire is cut at commit number `n` from now, counted from one.
    pub fn cut_at(&self, n: usize, cut: Cut) {
        let spared = n - 1;
        *self.plan.lock().unwrap() = Some(Plan { cut, spared });
    }

    /// Connections that are open carry nothing any more, and neither side is told: as after a freeze, when
    /// the network has forgotten them. New ones work.
    pub fn open_connections_die(&self) {
        self.deaths.send_replace(());
    }

    /// Whether the planned cut is still to come.
    pub fn is_whole(&self) -> bool {
        self.plan.lock().unwrap().is_some()
    }
}

/// Carries bytes both ways until either side closes, or the wire is cut.
async fn carry(
    client: &mut TcpStream,
    server: &mut TcpStream,
    plan: &Mutex<Option<Plan>>,
    ear: &mut Ear,
) {
    loop {
        let (mut asked, mut answered) = (Vec::new(), Vec::new());
        tokio::select! {
            open = fill(client, &mut asked) => if !open { return },
            open = fill(server, &mut answered) => if !open { return },
        }
        ear.hears(&asked);
        let is_commit = asked.windows(COMMIT.len()).any(|part| part == COMMIT);
        let cut = is_commit.then(|| next_cut(plan)).flatten();
        if cut == Some(Cut::BeforeCommit) {
            return;
        }
        if server.write_all(&asked).await.is_err() {
            return;
        }
        if cut == Some(Cut::AfterCommit) {
            fill(server, &mut answered).await; // the server has done it
            return;
        }
        if client.write_all(&answered).await.is_err() {
            return;
        }
    }
}

async fn fill(from: &mut (impl AsyncRead + Unpin), into: &mut Vec<u8>) -> bool {
    matches!(from.read_buf(into).await, Ok(read) if read > 0)
}

fn next_cut(plan: &Mutex<Option<Plan>>) -> Option<Cut> {
    let mut plan = plan.lock().unwrap();
    let Plan { cut, spared } = (*plan)?;
    if spared > 0 {
        *plan = Some(Plan {
            cut,
            spared: spared - 1,
        });
        return None;
    }
    *plan = None;
    Some(cut)
}

/// Listens to one connection's messages
/// (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).
struct Ear {
    /// What is not a whole message yet.
    rest: Vec<u8>,
    /// The first message has no letter before its length.
    is_first: bool,
    said: Arc<Mutex<Vec<Said>>>,
}

impl Ear {
    fn new(said: Arc<Mutex<Vec<Said>>>) -> Ear {
        Ear {
            rest: Vec::new(),
            is_first: true,
            said,
        }
    }

    fn hears(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        loop {
            let letters = usize::from(!self.is_first);
            let Some(length) = self.rest.get(letters..letters + 4) else {
                return;
            };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.rest.len() < letters + length {
                return;
            }
            let message: Vec<u8> = self.rest.drain(..letters + length).collect();
            if !self.is_first {
                self.said.lock().unwrap().extend(meaning(&message));
            }
            self.is_first = false;
        }
    }
}

fn meaning(message: &[u8]) -> Option<Said> {
    let mut texts = message[5..].split(|byte| *byte == 0);
    let mut text = || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
    match message[0] {
        b'Q' => match text() {
            begin if begin.starts_with("begin") => Some(Said::Begin),
            commit if commit == "commit" => Some(Said::Commit),
            _ => None, // is the connection alive?
        },
        b'P' => {
            text(); // the statement's name, of which it has none
            Some(Said::Statement(text()))
        }
        _ => None,
    }
}
