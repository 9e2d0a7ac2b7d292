fn main() -> Result<(), lambda_http::Error> {
    functions::sweep::SCHEDULE.serve()
}
