internal import Testing
internal import postern

/// How the text of the metrics is read, and quantiles from it.
@Suite struct OpenMetricsReadingTests {
  @Test func samplesOfEveryShape() throws {
    let reading = try OpenMetricsReading(
      """
      # TYPE a counter
      # HELP a What {it="is"} 1
      a_total 17
      b{x="1",y="a \\"b\\" \\\\ c\\nd,}=e"} 0.5 1777636800 # {trace="1"} 0.1
      b{} 1e-3

      c{le="+Inf"} -2
      # EOF

      """)
    #expect(
      reading.samples.map(\.name) == ["a_total", "b", "b", "c"])
    #expect(reading.samples.map(\.value) == [17, 0.5, 0.001, -2])
    #expect(reading.samples[1].labels == ["x": "1", "y": "a \"b\" \\ c\nd,}=e"])
    #expect(reading.samples[2].labels == [:])
    #expect(reading.samples[3].labels == ["le": "+Inf"])
  }

  @Test(
    arguments: [
      ("", 1), ("a 1\n", 2), ("a\n# EOF\n", 1), ("a 1\nb x\n# EOF\n", 2), ("a NaN\n# EOF\n", 1),
      ("a{x} 1\n# EOF\n", 1), ("a{x=1} 1\n# EOF\n", 1), ("a{x=\"1} 1\n# EOF\n", 1),
      ("a{x=\"1\\", 1), ("a{x=\"1\" 1\n# EOF\n", 1), ("a{x=\"1\"}1\n# EOF\n", 1),
      ("a{x=\"1\",x=\"2\"} 1\n# EOF\n", 1), ("{x=\"1\"} 1\n# EOF\n", 1), (" 1\n# EOF\n", 1),
      ("a +Inf\n# EOF\n", 1), ("# EOF\na 1\n", 2),
    ])
  func malformedTextIsRefused(text: String, line: Int) {
    let error = #expect(throws: OpenMetricsError.self) { _ = try OpenMetricsReading(text) }
    #expect(error?.line == line)
  }

  /// Buckets with the counts of each, not the running ones.
  private func buckets(_ counts: [(Double, Double)]) -> BucketCounts {
    var buckets = BucketCounts()
    var running = 0.0
    for (bound, count) in counts {
      running += count
      buckets.add(running, atMost: bound)
    }
    return buckets
  }

  @Test(
    arguments: [
      (0.5, 1.5, false), (0.05, 0.5, false), (0.1, 1, false), (0.9, 2, false), (0.91, 2, true),
      (1, 2, true), (0, 0, false),
    ] as [(Double, Double, Bool)])
  func quantilesAreInterpolated(fraction: Double, seconds: Double, isLeast: Bool) throws {
    let counts = buckets([(1, 10), (2, 80), (.infinity, 10)])
    let quantile = try #require(counts.quantile(fraction))
    #expect(abs(quantile.seconds - seconds) < 1e-9)
    #expect(quantile.isLeast == isLeast)
  }

  @Test func emptyBucketsAreSkipped() {
    let counts = buckets([(1, 0), (2, 0), (4, 8), (8, 0), (.infinity, 0)])
    #expect(counts.quantile(0) == Quantile(seconds: 2))
    #expect(counts.quantile(1) == Quantile(seconds: 4))
    #expect(BucketCounts().quantile(0.5) == nil)
    #expect(buckets([(1, 0), (.infinity, 0)]).quantile(0.5) == nil)
  }

  @Test func differencesAreNeverNegative() {
    let older = buckets([(1, 10), (2, 5), (.infinity, 1)])
    let newer = buckets([(1, 12), (2, 5), (.infinity, 2)])
    #expect(newer.since(older) == buckets([(1, 2), (2, 0), (.infinity, 1)]))
    #expect(older.since(newer) == buckets([(1, 0), (2, 0), (.infinity, 0)]))
    #expect(newer.since(BucketCounts()) == newer)
  }
}
