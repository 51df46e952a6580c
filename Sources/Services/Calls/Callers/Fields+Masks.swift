internal import Messages
internal import RPC
internal import Tokens

extension Fields {
  /// The indices of the paths that a mask names, which must be some of `paths`; a path that is
  /// named twice comes twice.
  static func mask(
    _ mask: GoogleProtobuf.FieldMask?, _ paths: [String]
  ) throws(Status) -> [Int] {
    guard let mask, mask.pathsCount > 0 else {
      throw invalid("`update_mask` must name a field to change", "update_mask")
    }
    var found: [Int] = []
    for index in 0..<mask.pathsCount {
      let given = mask.paths(at: index)
      guard let known = paths.firstIndex(where: { given.isEqual(to: $0.utf8Span.span) }) else {
        // Not repeated: it may be of any length.
        let names = paths.map { "`\($0)`" }.joined(separator: ", ")
        throw invalid("`update_mask` may name \(names) and nothing else", "update_mask")
      }
      found.append(known)
    }
    return found
  }

  /// A time in nanoseconds since 1970, at the nearest bound when it doesn't fit.
  static func time(
    _ time: GoogleProtobuf.Timestamp, _ field: StaticString
  ) throws(Status) -> Int64 {
    guard (0..<1_000_000_000).contains(time.nanos) else {
      throw invalid("`\(field)` is no time: `nanos` must be 0 to 999,999,999", field)
    }
    return TokenLifetime.saturatingNanoseconds(seconds: time.seconds, nanoseconds: time.nanos)
  }

  /// A time after now.
  static func futureTime(
    _ time: GoogleProtobuf.Timestamp, _ field: StaticString, nowNanoseconds: Int64
  ) throws(Status) -> Int64 {
    let nanoseconds = try Self.time(time, field)
    guard nanoseconds > nowNanoseconds else {
      throw invalid("`\(field)` must be in the future", field)
    }
    return nanoseconds
  }

  /// The scopes of a request as a set.
  static func scopes(
    count: Int, _ scope: (Int) -> PosternV1.TokenScope
  ) throws(Status) -> TokenScopes {
    var scopes: TokenScopes = []
    for index in 0..<count {
      let value = scope(index)
      guard let known = PosternServices.scopes.first(where: { $0.value == value }) else {
        throw invalid("`scopes` holds the unknown scope \(value.rawValue)", "scopes")
      }
      scopes.insert(known.bit)
    }
    return scopes
  }

  /// The refusal of an org token that would have no scope.
  static var noScope: Status {
    invalid("`scopes` must name at least one scope for an org token", "scopes")
  }
}
