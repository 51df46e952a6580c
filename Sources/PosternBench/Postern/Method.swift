/// A call that is measured, and what its request says.
enum Method: String, CaseIterable, Sendable {
  case validateToken
  case check

  static let organization = "acme"
  static let user = "alice"

  var service: String {
    switch self {
    case .validateToken: "postern.v1.TokenService"
    case .check: "postern.v1.PermissionService"
    }
  }

  var name: String {
    switch self {
    case .validateToken: "ValidateToken"
    case .check: "Check"
    }
  }

  /// The encoded request about one token. `Check` asks for what an administrator may do.
  func payload(secret: some Collection<UInt8>) -> [UInt8] {
    var payload: [UInt8] = []
    payload.appendField(1, secret)
    if self == .check {
      var resource: [UInt8] = []
      resource.appendField(1, "integration")
      payload.appendField(2, "integration.create")
      payload.appendField(3, resource)
    }
    return payload
  }

  /// What is wrong with an answer whose first field isn't true.
  var refusal: String {
    switch self {
    case .validateToken: "ValidateToken calls a good token inactive"
    case .check: "Check refuses what is allowed"
    }
  }
}
