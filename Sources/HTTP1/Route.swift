internal import Messages
internal import RPC

/// What a path leads to. Every route makes a call of the contract, so that one router decides who
/// may do what, whichever way a request came.
enum Route: Equatable {
  /// A method, by its index in the catalog, in the protocol Connect.
  case method(Int)
  /// Whether the daemon answers at all.
  case live
  /// Whether it serves, as the health service says.
  case ready
  /// The metrics in the text format of OpenMetrics.
  case metrics
  /// Whether a token is good, after RFC 7662.
  case introspect
  /// The end of a token, after RFC 7009.
  case revoke
  /// Whether a request of a proxy may pass.
  case forwardAuth

  /// The route of a path without its query; nil if nothing is there.
  init?(_ path: Span<UInt8>, _ catalog: MethodCatalog) {
    if let index = catalog.method(at: path) {
      self = .method(index)
    } else if path.isEqual(to: "/livez") {
      self = .live
    } else if path.isEqual(to: "/readyz") {
      self = .ready
    } else if path.isEqual(to: "/metrics") {
      self = .metrics
    } else if path.isEqual(to: "/oauth2/introspect") {
      self = .introspect
    } else if path.isEqual(to: "/oauth2/revoke") {
      self = .revoke
    } else if path.isEqual(to: "/forward-auth") {
      self = .forwardAuth
    } else {
      return nil
    }
  }

  /// The methods of HTTP that it takes, for `allow`.
  func allowed(_ catalog: MethodCatalog) -> StaticString {
    switch self {
    case .method(let index):
      catalog.items[index].hasNoSideEffects ? "GET, POST, OPTIONS" : "POST, OPTIONS"
    case .live, .ready, .metrics: "GET, HEAD, OPTIONS"
    case .forwardAuth: "GET, HEAD"
    case .introspect, .revoke: "POST, OPTIONS"
    }
  }

  func takes(_ verb: RequestHead.Verb, _ catalog: MethodCatalog) -> Bool {
    switch (self, verb) {
    // A proxy takes every 2xx for a yes.
    case (.forwardAuth, .options): false
    case (_, .options), (.method, .post), (.introspect, .post), (.revoke, .post): true
    case (.method(let index), .get): catalog.items[index].hasNoSideEffects
    case (.live, .get), (.live, .head), (.ready, .get), (.ready, .head), (.metrics, .get),
      (.metrics, .head), (.forwardAuth, .get), (.forwardAuth, .head):
      true
    default: false
    }
  }

  /// Whether the body of a POST may be of this type.
  func takes(_ type: MediaType) -> Bool {
    switch self {
    case .method: type == .json || type == .proto
    case .introspect, .revoke: type == .form
    case .live, .ready, .metrics, .forwardAuth: true
    }
  }

  /// The service and the method that it calls.
  func names(_ catalog: MethodCatalog) -> (service: String, method: String) {
    switch self {
    case .method(let index):
      let descriptor = catalog.items[index].descriptor
      return (descriptor.service, descriptor.name)
    case .live, .ready: return ("grpc.health.v1.Health", "Check")
    case .metrics: return ("postern.v1.AdminService", "GetMetrics")
    case .introspect: return ("postern.v1.TokenService", "ValidateToken")
    case .revoke: return ("postern.v1.TokenService", "RevokeToken")
    case .forwardAuth: return ("envoy.service.auth.v3.Authorization", "Check")
    }
  }
}
