//! A wire to the database that can be cut at the worst moment.

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
    /// Changes when the connections that are open die.
    deaths: watch::Sender<()>,
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
        let cutter = plan.clone();
        let deaths = watch::Sender::new(());
        let dying = deaths.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(&server).await.unwrap();
                // Every answer is waited for: without this each would take 40 ms.
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (mut death, cutter) = (dying.subscribe(), cutter.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(&mut client, &mut server, &cutter) => {}
                        _ = death.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Wire {
            url: url.into(),
            plan,
            deaths,
        }
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
async fn carry(client: &mut TcpStream, server: &mut TcpStream, plan: &Mutex<Option<Plan>>) {
    loop {
        let (mut asked, mut answered) = (Vec::new(), Vec::new());
        tokio::select! {
            open = fill(client, &mut asked) => if !open { return },
            open = fill(server, &mut answered) => if !open { return },
        }
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
