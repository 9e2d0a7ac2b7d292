//! Embeddings without a model: words hashed into a vector, so that texts that share words are near.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// As many as `text-embedding-3-small` has.
pub const DIMENSIONS: usize = 1536;

/// A unit vector; the same for the same text, everywhere and always.
pub fn embed(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; DIMENSIONS];
    for word in words(text) {
        let hash = fnv1a(word.as_bytes());
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[(hash % DIMENSIONS as u64) as usize] += sign;
    }
    if vector.iter().all(|value| *value == 0.0) {
        vector[0] = 1.0; // a text without words is like no other
    }
    normalised(vector)
}

/// The vector as the request wants it: shortened, and as numbers or as base64.
pub fn encoded(text: &str, ask: &Value) -> Value {
    let mut vector = embed(text);
    if let Some(dimensions) = ask["dimensions"].as_u64() {
        vector.truncate(dimensions as usize);
        vector = normalised(vector);
    }
    if ask["encoding_format"] == json!("base64") {
        let octets: Vec<u8> = vector
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        return json!(BASE64_STANDARD.encode(octets));
    }
    json!(vector)
}

/// The words that mean something, lower-case, without a plural's s.
pub fn words(text: &str) -> Vec<String> {
    const EMPTY: [&str; 36] = [
        "a", "an", "and", "any", "are", "at", "be", "can", "do", "does", "for", "have", "hello",
        "hi", "how", "i", "if", "in", "is", "it", "me", "my", "of", "on", "or", "please", "the",
        "there", "this", "to", "we", "what", "when", "with", "you", "your",
    ];
    let lower = text.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let words = words.filter(|word| !EMPTY.contains(word));
    words
        .map(|word| word.strip_suffix('s').unwrap_or(word).to_owned())
        .collect()
}

fn normalised(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length == 0.0 {
        vector
    } else {
        vector.iter().map(|value| value / length).collect()
    }
}

/// <http://www.isthe.com/chongo/tech/comp/fnv/>
fn fnv1a(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
