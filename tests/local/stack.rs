//! The local stack: every part of it, started in order and stopped together.

use std::fs;

use serde_json::json;
use world::{Google, Llm};

use crate::cloud::{Cloud, Deployed};
use crate::hand_over::HandOver;
use crate::postgres::{Postgres, Which};
use crate::settings::{Settings, hold_port};
use crate::steps::step;
use crate::token::{self, Signer};
use crate::{Result, binaries, http_client, proxy, seed, tools};

/// What is running. Parts that the environment replaces are absent.
#[derive(Default)]
pub struct Stack {
    postgres: Option<Postgres>,
    cloud: Option<Cloud>,
    google: Option<Google>,
    hand_over: Option<HandOver>,
    pub settings: Settings,
    pub api_url: String,
}

impl Stack {
    /// Starts everything; what was started before a failure is still in `self`, to be stopped.
    pub async fn start(&mut self) -> Result<()> {
        self.settings = Settings::from_environment();
        step("Building the functions (release)", binaries::build()).await?;
        self.start_neighbours().await?;
        let http = http_client()?;
        let listener = hold_port().await?;
        self.api_url = format!("http://{}", listener.local_addr()?);
        self.settings.own("PUBLIC_URL", self.api_url.clone());

        let settings = self.settings.clone();
        let cloud = step("Starting the local AWS", Cloud::start(&settings, &http)).await?;
        let cloud = self.cloud.insert(cloud);
        let deployed = step("Deploying template.yaml with sam deploy", async {
            let arn = cloud.create_secret(&self.settings.secret()).await?;
            self.settings.own("SECRETS_ID", arn);
            cloud.deploy(&self.settings).await
        })
        .await?;
        let migrate = cloud.invoke(&deployed.outputs["MigrateFunction"]);
        step("Applying the migrations with the Migrate function", migrate).await?;
        if self.postgres.is_some() {
            step(
                "Planting a demo property",
                seed::plant(&self.settings, &http),
            )
            .await?;
            self.hand_over = HandOver::of(&self.settings)?;
        }
        let hand_over = self.hand_over.clone();
        proxy::serve(listener, http, cloud.url(), &deployed, hand_over);
        if let Some(google) = &self.google {
            let token = self.settings.get("GMAIL_WEBHOOK_SECRET");
            let query = if token.is_empty() {
                String::new()
            } else {
                format!("?token={token}")
            };
            google.mailbox(seed::MAILBOX);
            let public = self.settings.get("PUBLIC_URL");
            for callback in world::CALLBACKS {
                google.allow_redirect(&format!("{public}/{callback}"));
            }
            google.push_to(&format!(
                "{}/api/lumaleasing/gmail/webhook{query}",
                self.api_url
            ));
            google.notify_channels();
        }
        self.write_down(&deployed)
    }

    /// Postgres, Google and the model, as far as the environment names no others.
    async fn start_neighbours(&mut self) -> Result<()> {
        if !self.settings.has("DATABASE_URL") {
            let postgres = step("Starting Postgres", Postgres::start(Which::Embedded)).await?;
            let postgres = self.postgres.insert(postgres);
            self.settings
                .own("DATABASE_URL", postgres.create("lumaleasing").await?);
        }
        self.settings.own_keys()?;
        let (google, llm) = step("Starting the emulators of Google and the model", async {
            let google = Google::start(crate::port("LOCAL_GOOGLE_PORT")?).await;
            Ok((google, Llm::start(crate::port("LOCAL_LLM_PORT")?).await))
        })
        .await?;
        self.settings.own_google(&google);
        self.settings.own_llm(&llm);
        self.google = (self.settings.get("GMAIL_URL") == google.url()).then_some(google);
        Ok(())
    }

    /// The emulated Google, unless the environment named another.
    pub fn google(&self) -> Option<&Google> {
        self.google.as_ref()
    }

    /// Leads to the dashboard as the demo property's admin; none where its users are not the stack's own.
    pub fn sign_in_link(&self) -> Option<String> {
        let hand_over = self.hand_over.as_ref()?;
        Some(hand_over.link(&self.api_url))
    }

    fn write_down(&self, deployed: &Deployed) -> Result<()> {
        let output = |name: &str| deployed.outputs.get(name);
        let addresses = json!({
            "apiUrl": self.api_url,
            "dashboardUrl": format!("{}/dashboard", self.api_url),
            "databaseUrl": self.settings.get("DATABASE_URL"),
            "awsEndpointUrl": self.cloud.as_ref().map(Cloud::url),
            "queues": {
                "sync": output("SyncQueueUrl"),
                "replies": output("RepliesQueueUrl"),
                "enrichment": output("EnrichmentQueueUrl"),
            },
            "functions": deployed.functions,
            "googleUrl": self.settings.get("GMAIL_URL"),
            "llmUrl": self.settings.get("LLM_URL"),
        });
        let state = tools::state()?;
        if let Some(signer) = Signer::of(&self.settings) {
            signer.keep(&state)?;
        }
        Ok(fs::write(
            state.join("stack.json"),
            format!("{addresses:#}\n"),
        )?)
    }

    /// Waits until a part ends by itself, which none should.
    pub async fn watch(&mut self) -> Result<()> {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            if let Some(cloud) = &mut self.cloud {
                cloud.check()?;
            }
        }
    }

    /// Stops everything that was started, the functions first.
    pub async fn stop(self) {
        if let Some(cloud) = self.cloud {
            cloud.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
        if let Ok(state) = tools::state() {
            for gone in ["stack.json", token::FILE] {
                let _ = fs::remove_file(state.join(gone)); // it describes nothing any more
            }
        }
    }
}
