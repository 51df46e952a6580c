internal import Messages

/// A change of an answer, one way or the other.
protocol ChangeAnswer: ~Escapable {
  func setRelation(_ text: String)
  func setMessage(_ text: String)
  func setMethod(_ text: String)
  func setTeamID(_ bytes: Span<UInt8>)
  func setScope(_ value: PosternV1.TokenScope)
  func setRole(_ bytes: Span<UInt8>)
  @_lifetime(copy self)
  func makeUser() -> PosternV1.UserReference.Builder
  @_lifetime(copy self)
  func makeResource() -> PosternV1.ResourceReference.Builder
}

extension PosternV1.Grant.Builder: ChangeAnswer {}
extension PosternV1.Revocation.Builder: ChangeAnswer {}
