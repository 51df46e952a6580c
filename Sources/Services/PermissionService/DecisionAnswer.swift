internal import Messages

/// An answer that says what was decided, and on whom.
protocol DecisionAnswer: ~Escapable {
  func setAllowed(_ value: Bool)
  func setRule(_ text: String)
  func setReason(_ value: PosternV1.DecisionReason)
  func setMessage(_ text: String)
  func setTokenID(_ bytes: Span<UInt8>)
  func setUserID(_ bytes: Span<UInt8>)
  func setOrganizationID(_ bytes: Span<UInt8>)
}

extension PosternV1.CheckResponse.Builder: DecisionAnswer {}
extension PosternV1.BatchCheckResult.Builder: DecisionAnswer {}
extension PosternV1.ExplainResponse.Builder: DecisionAnswer {}
