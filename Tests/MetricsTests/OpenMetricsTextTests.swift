internal import Metrics
internal import Testing

@Suite struct OpenMetricsTextTests {
  @Test func writesACounter() {
    var text = OpenMetricsText()
    text.family("postern_calls", .counter, help: "Calls answered.")
    text.sample("3", suffix: "_total", labels: [("method", "a/B"), ("status", "OK")])
    #expect(
      text.text == """
        # TYPE postern_calls counter
        # HELP postern_calls Calls answered.
        postern_calls_total{method="a/B",status="OK"} 3
        # EOF

        """)
  }

  @Test func writesAHistogramInSeconds() {
    let histogram = Histogram(bounds: [2_000, 1_000_000])
    for value: UInt64 in [1, 2_000, 2_001, 5_000_000_000] { histogram.observe(value) }
    var text = OpenMetricsText()
    text.family("postern_d_seconds", .histogram, help: "Durations.", unit: "seconds")
    text.histogram(histogram.reading, scale: 1_000_000_000)
    #expect(
      text.text == """
        # TYPE postern_d_seconds histogram
        # UNIT postern_d_seconds seconds
        # HELP postern_d_seconds Durations.
        postern_d_seconds_bucket{le="0.000002"} 2
        postern_d_seconds_bucket{le="0.001"} 3
        postern_d_seconds_bucket{le="+Inf"} 4
        postern_d_seconds_sum 5.000004002
        postern_d_seconds_count 4
        # EOF

        """)
  }

  @Test func leavesOutWhatWasNotAskedFor() {
    var text = OpenMetricsText(prefix: "postern_b")
    text.family("postern_a", .gauge, help: "A.")
    text.sample("1")
    text.family("postern_b", .gauge, help: "B.")
    text.sample("2")
    #expect(text.text == "# TYPE postern_b gauge\n# HELP postern_b B.\npostern_b 2\n# EOF\n")
  }

  @Test func escapesLabels() {
    var text = OpenMetricsText()
    text.family("postern_a", .gauge, help: "A.")
    text.sample("1", labels: [("x", "a\"b\\c\nd")])
    #expect(text.text.contains(#"{x="a\"b\\c\nd"}"#))
  }

  @Test func joinsWhatSeveralThreadsObserved() {
    let first = Histogram(bounds: [10])
    let second = Histogram(bounds: [10])
    first.observe(1)
    second.observe(100)
    var reading = first.reading
    reading.join(second.reading)
    #expect(reading == HistogramReading(bounds: [10], counts: [1, 1], total: 101))
  }
}
