extension Report {
  private static let pairs = [
    ("ValidateToken / Redis GET, 50 connections x 16 deep", "ttrpc-validate-50x16", "redis-50x16"),
    ("ValidateToken / Redis GET, 50 connections x 1 deep", "ttrpc-validate-50x1", "redis-50x1"),
    ("ValidateToken / Redis GET, one call at a time", "ttrpc-validate-1x1", "redis-1x1"),
    ("ValidateToken / echo, 50 connections x 16 deep", "ttrpc-validate-50x16", "echo-50x16"),
    ("ValidateToken / echo, 50 connections x 1 deep", "ttrpc-validate-50x1", "echo-50x1"),
    ("ValidateToken / echo, one call at a time", "ttrpc-validate-1x1", "echo-1x1"),
    (
      "Check / ValidateToken, 50 connections x 16 deep", "ttrpc-check-50x16", "ttrpc-validate-50x16"
    ),
    ("Check / ValidateToken, one call at a time", "ttrpc-check-1x1", "ttrpc-validate-1x1"),
    ("gRPC 8x32 / ttrpc 50x16, ValidateToken", "grpc-validate-8x32", "ttrpc-validate-50x16"),
    ("gRPC 8x32 / ttrpc 50x16, Check", "grpc-check-8x32", "ttrpc-check-50x16"),
    ("gRPC / ttrpc, ValidateToken, one call at a time", "grpc-validate-1x1", "ttrpc-validate-1x1"),
  ]

  /// The pairs of which both were measured.
  var ratios: [Ratio] {
    Self.pairs.compactMap { name, above, below in
      guard let above = figures.first(where: { $0.name == above }),
        let below = figures.first(where: { $0.name == below })
      else { return nil }
      var byLatency: Double?
      if let above = above.latency, let below = below.latency { byLatency = below.p50 / above.p50 }
      return Ratio(
        name: name, value: above.ratio(to: below, \.callsPerSecond),
        valueByProcessorTime: below.ratio(to: above, \.serverMicrosecondsPerCall),
        valueByMedianLatency: byLatency)
    }
  }
}
