//! A route that knows what it takes: the methods that have a handler are those that a refusal names and that the API
//! document must describe.

use actix_web::dev::Handler;
use actix_web::{FromRequest, HttpResponse, Resource, Responder, web};

/// A path, and what is done there with each method.
pub struct Route {
    path: &'static str,
    handlers: Vec<(&'static str, actix_web::Route)>,
}

impl Route {
    /// A path, as actix writes it, where nothing is done yet.
    pub fn at(path: &'static str) -> Route {
        Route { path, handlers: Vec::new() }
    }

    /// What a GET does.
    pub fn get<F, Args>(self, handler: F) -> Route
    where
        F: Handler<Args>,
        F::Output: Responder + 'static,
        Args: FromRequest + 'static,
    {
        self.with("GET", web::get().to(handler))
    }

    /// What a POST does.
    pub fn post<F, Args>(self, handler: F) -> Route
    where
        F: Handler<Args>,
        F::Output: Responder + 'static,
        Args: FromRequest + 'static,
    {
        self.with("POST", web::post().to(handler))
    }

    /// What a DELETE does.
    pub fn delete<F, Args>(self, handler: F) -> Route
    where
        F: Handler<Args>,
        F::Output: Responder + 'static,
        Args: FromRequest + 'static,
    {
        self.with("DELETE", web::delete().to(handler))
    }

    fn with(mut self, method: &'static str, handler: actix_web::Route) -> Route {
        self.handlers.push((method, handler));
        self
    }

    /// Where it is, and the methods that it takes.
    #[cfg(test)]
    pub fn takes(&self) -> (&'static str, Vec<&'static str>) {
        (self.path, self.handlers.iter().map(|(method, _)| *method).collect())
    }

    /// Ready to be served. `refuse` answers every other method; it is told what the route takes, as `Allow` says it.
    pub fn refusing(self, refuse: fn(&str) -> HttpResponse) -> Resource {
        let (methods, handlers): (Vec<_>, Vec<_>) = self.handlers.into_iter().unzip();
        let allowed = methods.join(", ");
        handlers.into_iter().fold(web::resource(self.path), Resource::route).default_service(web::to(
            move || {
                let refusal = refuse(&allowed);
                async move { refusal }
            },
        ))
    }
}
