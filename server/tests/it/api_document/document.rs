//! The document as a reader has it: operations, examples, schemas; references followed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The document.
pub struct Document(pub Value);

/// One thing that can be asked.
pub struct Operation<'a> {
    pub id: &'a str,
    pub method: String,
    pub path: &'a str,
    pub body: &'a Value,
    /// By status.
    pub answers: BTreeMap<u16, &'a Value>,
}

/// An example of an answer.
pub struct Example<'a> {
    pub operation: &'a str,
    pub status: u16,
    pub name: &'a str,
    pub value: &'a Value,
}

impl Document {
    /// The document that a hub serves.
    pub async fn served_by(hub: &crate::support::Hub) -> Document {
        let answer = reqwest::get(hub.url("/docs/relayion/openapi.json")).await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "nobody is asked for a key");
        assert_eq!(answer.headers()["content-type"], "application/json");
        Document(answer.json().await.unwrap())
    }

    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let all = paths.flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, it)| (path, method, it))
        });
        all.map(|(path, method, operation)| {
            let answers = operation["responses"].as_object().unwrap().iter();
            Operation {
                id: operation["operationId"].as_str().unwrap(),
                method: method.to_uppercase(),
                path,
                body: &operation["requestBody"]["content"]["application/json"],
                answers: answers
                    .map(|(status, answer)| (status.parse().unwrap(), self.follow(answer)))
                    .collect(),
            }
        })
        .collect()
    }

    pub fn operation(&self, id: &str) -> Operation<'_> {
        self.operations().into_iter().find(|operation| operation.id == id).expect("it is described")
    }

    /// What stands there, or where it refers to.
    pub fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                self.0.pointer(reference.trim_start_matches('#')).expect("the reference leads there")
            }
            None => value,
        }
    }

    /// Every example of every answer.
    pub fn examples(&self) -> Vec<Example<'_>> {
        let mut all = Vec::new();
        for operation in self.operations() {
            for (status, answer) in &operation.answers {
                for (name, example) in examples(&answer["content"]["application/json"]) {
                    all.push(Example { operation: operation.id, status: *status, name, value: example });
                }
            }
        }
        all
    }

    /// Panics unless the value fits the schema, formats and all.
    pub fn must_fit(&self, value: &Value, schema: &Value, what: &str) {
        // References lead from the root of the document.
        let mut root: Map<String, Value> = schema.as_object().unwrap().clone();
        root.insert("components".to_owned(), json!({ "schemas": self.0["components"]["schemas"] }));
        let validator =
            jsonschema::options().should_validate_formats(true).build(&Value::Object(root)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}\n{value:#}");
    }
}

impl Operation<'_> {
    /// The examples of its body.
    pub fn bodies(&self) -> Vec<(&str, &Value)> {
        examples(self.body)
    }
}

/// The named examples of a content.
pub fn examples(content: &Value) -> Vec<(&str, &Value)> {
    let named = content["examples"].as_object().into_iter().flatten();
    named.map(|(name, example)| (name.as_str(), &example["value"])).collect()
}
