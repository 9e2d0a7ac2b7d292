fn main() -> Result<(), lambda_http::Error> {
    functions::auto_reply::CONSUMER.serve()
}
