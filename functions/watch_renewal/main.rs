fn main() -> Result<(), lambda_http::Error> {
    functions::watch_renewal::SCHEDULE.serve()
}
