internal import Server
internal import Testing

/// The text of the metrics' file, and how often it may be written.
@Suite struct MetricsFileTests {
  @Test func namesFamiliesAsTheOlderFormatDoes() {
    let text = """
      # TYPE calls counter
      # HELP calls Calls answered, by # method.
      calls_total{method="a # b"} 5
      # TYPE duration_seconds histogram
      # UNIT duration_seconds seconds
      # HELP duration_seconds Time.
      duration_seconds_bucket{le="+Inf"} 5
      # TYPE build info
      # HELP build The version.
      build_info{version="1"} 1
      # TYPE open gauge
      # HELP open Open.
      open 1
      # EOF

      """
    #expect(
      MetricsFile.prometheusText(text) == """
        # TYPE calls_total counter
        # HELP calls_total Calls answered, by # method.
        calls_total{method="a # b"} 5
        # TYPE duration_seconds histogram
        # HELP duration_seconds Time.
        duration_seconds_bucket{le="+Inf"} 5
        # TYPE build_info gauge
        # HELP build_info The version.
        build_info{version="1"} 1
        # TYPE open gauge
        # HELP open Open.
        open 1

        """)
  }

  @Test(arguments: ["0", "-1", "86401", "soon"])
  func anIntervalHasBounds(_ text: String) {
    #expect(throws: ConfigurationError.self) {
      _ = try Configuration.parse(arguments: ["--metrics-interval", text], environment: [:])
    }
  }
}
