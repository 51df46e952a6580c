internal import Messages
internal import RPC
internal import Tokens

/// Where a page of tokens goes on: behind the page's last token, which is known by its id and its
/// owner. The owner of an org token is empty.
struct PagePosition: ~Escapable {
  /// Nil at the beginning.
  let id: TokenID?
  let owner: Span<UInt8>

  /// Reads a page token.
  @_lifetime(copy token)
  init(_ token: Span<UInt8>) throws(Status) {
    guard !token.isEmpty else {
      id = nil
      owner = token
      return
    }
    guard token.count >= TokenID.textCount,
      let id = TokenID(parsing: token.extracting(first: TokenID.textCount))
    else { throw Fields.invalid("`page_token` is not one of an answer", "page_token") }
    self.id = id
    owner = token.extracting(TokenID.textCount..<token.count)
    if !owner.isEmpty { _ = try Fields.userID(owner, "page_token") }
  }
}
