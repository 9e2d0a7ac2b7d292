//! Behind a pooler in transaction mode, where no two transactions need meet the same connection.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::json;
use tokio_postgres::NoTls;
use url::Url;
use world::{World, door, minutes, push_with};

use super::{LEASING, assert_filed_once, receives_many};

/// `PgBouncer` refuses to run as root; this user exists everywhere and owns nothing.
const NOBODY: u32 = 65534;

/// A `PgBouncer` in front of a test's database, with one connection for everybody.
struct Pooler {
    process: Child,
    folder: PathBuf,
    url: Url,
}

impl Pooler {
    async fn start(database: &str) -> Pooler {
        let mut url: Url = database.parse().unwrap();
        let server = url.port().unwrap_or(5432);
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("lumaleasing-pooler-{port}"));
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let settings = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = 1\nmax_client_conn = 200\n",
            url.username()
        );
        fs::write(&settings, text).unwrap();
        let mut program = Command::new("pgbouncer");
        program.arg("--quiet").arg(&settings);
        if rustix::process::getuid().is_root() {
            program.uid(NOBODY);
        }
        let process = program.spawn().expect("apt-get install pgbouncer");
        url.set_port(Some(port)).unwrap();
        let mut pooler = Pooler {
            process,
            folder,
            url,
        };
        while tokio_postgres::connect(pooler.url.as_str(), NoTls)
            .await
            .is_err()
        {
            assert_eq!(pooler.process.try_wait().unwrap(), None, "it gave up");
            tokio::time::sleep(Duration::from_millis(20)).await; // it does not say when it listens
        }
        pooler
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
#[ignore = "needs PgBouncer: make suites-behind-a-pooler"]
async fn the_whole_path_works_behind_a_pooler_in_transaction_mode() {
    let world = World::start().await;
    let pooler = Pooler::start(&world.database.url).await;
    let through = [("DATABASE_URL", pooler.url.as_str())];
    let apps = [(); 10].map(|()| world.another_app(&through));
    let property = world.property("Oak Court").await;
    let mailbox = world.connects(&property, LEASING).await;
    receives_many(&mailbox, 20);

    // Twenty pushes over ten processes, and their jobs, all at once.
    let pushes = world.google.take_pushes();
    let hear = pushes.iter().enumerate().map(|(n, push)| {
        let (headers, body) = world.google.push_request(push);
        push_with(&apps[n % 10], headers, body)
    });
    for answer in futures::future::join_all(hear).await {
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    let jobs = world.aws.take_due(&world.queue_url("sync"));
    let work = jobs.iter().enumerate().map(async |(n, job)| {
        let bodies = [job.body.clone()];
        door::consume(&apps[n % 10], "sync", &bodies).await
    });
    for done in futures::future::join_all(work).await {
        assert!(done.batch_item_failures.is_empty());
    }
    assert_filed_once(&world, &mailbox).await;

    // No transaction left its tenant or its role behind for the next one on the connection.
    let (client, connection) = tokio_postgres::connect(pooler.url.as_str(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let left = "select current_user::text, coalesce(current_setting('app.tenant', true), '')";
    let left = client.simple_query(left).await.unwrap();
    let tokio_postgres::SimpleQueryMessage::Row(left) = &left[1] else {
        panic!("a row: {left:?}");
    };
    assert_eq!((left.get(0), left.get(1)), (Some("postgres"), Some("")));

    // The replies go out through it too.
    world.skip(minutes(5));
    world
        .llm
        .will_say("Yes, we have. Would you like to see one?");
    let replies = world.aws.take_due(&world.queue_url("replies"));
    assert_eq!(replies.len(), 20);
    let answer = replies.iter().take(1).enumerate().map(async |(n, job)| {
        let bodies = [job.body.clone()];
        door::consume(&apps[n], "auto_reply", &bodies).await
    });
    for done in futures::future::join_all(answer).await {
        assert!(done.batch_item_failures.is_empty());
    }
    let states = world.replies(&property).await;
    let settled = states.iter().filter(|one| one["state"] != json!("due"));
    assert_eq!(settled.count(), 1);
}
