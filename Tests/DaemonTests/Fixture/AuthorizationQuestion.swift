/// What Envoy asks about a request, in tests.
struct AuthorizationQuestion {
  var method = "GET"
  var path = "/v2/dashboard"
  var headers: [(String, String)] = []
  /// The same as a list, as Envoy sends them with `encode_raw_headers`.
  var rawHeaders: [(String, String)] = []
  var extensions: [(String, String)] = []

  var payload: [UInt8] {
    func pair(_ pair: (String, String)) -> [UInt8] {
      Encoding.field(1, pair.0) + Encoding.field(2, pair.1)
    }
    var http = Encoding.field(2, method) + Encoding.field(4, path)
    http += headers.flatMap { Encoding.field(3, pair($0)) }
    if !rawHeaders.isEmpty {
      let list = rawHeaders.flatMap {
        Encoding.field(1, Encoding.field(1, $0.0) + Encoding.field(3, $0.1))
      }
      http += Encoding.field(13, list)
    }
    return Self.request(
      Encoding.field(4, Encoding.field(2, http))
        + extensions.flatMap { Encoding.field(10, pair($0)) })
  }

  /// A request with these attributes.
  static func request(_ attributes: [UInt8]) -> [UInt8] { Encoding.field(1, attributes) }

  static func call(_ payload: [UInt8]) -> WireCall {
    WireCall(service: "envoy.service.auth.v3.Authorization", method: "Check", payload: payload)
  }
}
