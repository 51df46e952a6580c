internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

/// Makes and reads the page tokens of one list: those of one method whose request says the same in
/// all fields but the page token, the size of a page, the least revision with its epoch, and who
/// asks.
///
/// A token holds the position behind which the next page begins, and a code over this position and
/// the list. So one of another list, or with a changed byte, is refused, and a position that is
/// read is one that was written: it fits into a key.
struct PageTokens {
  private let key: PageKey
  /// The method, a NUL, and the encoded request without the fields that may differ from page to
  /// page.
  private let list: WipedBytes

  private static let codeCount = 16
  /// More than the text of the longest position.
  private static let mostTextBytes = 1024
  private static let freeFields = [
    "page_size", "page_token", "at_least_revision", "ledger_epoch", "bearer",
  ]

  init<Request: MessageView & ~Escapable>(of method: Method, _ request: Request, _ key: PageKey) {
    let descriptor = method.descriptor
    var list = ByteBuffer()
    list.append(descriptor.service)
    list.append("/")
    list.append(descriptor.name)
    list.append(0)
    request.encode(without: Self.freeFields, into: &list)
    self.key = key
    self.list = WipedBytes(copying: list.bytes)
  }

  /// The token for the page behind a position.
  func text(of position: Span<UInt8>) -> [UInt8] {
    var token = code(of: position)
    token.append(contentsOf: Array(copying: position))
    return Base64URL.text(of: token.span)
  }

  /// The position that a token holds; empty for no token, which is the beginning.
  func position(of text: Span<UInt8>) throws(Status) -> [UInt8] {
    guard !text.isEmpty else { return [] }
    guard text.count <= Self.mostTextBytes, let token = Base64URL.bytes(of: text),
      token.count > Self.codeCount
    else { throw foreign }
    let position = Array(token[Self.codeCount...])
    // Constant time, so that the code of a made-up position can't be guessed byte by byte.
    let presented = token.span.extracting(first: Self.codeCount)
    guard constantTimeEqual(code(of: position.span).span, presented) else { throw foreign }
    return position
  }

  private var foreign: Status {
    Fields.invalid(
      "`page_token` is not one that this list gave for the same other fields", "page_token")
  }

  private func code(of position: Span<UInt8>) -> [UInt8] {
    var message = ByteBuffer()
    message.append(littleEndian: UInt64(list.count))
    message.append(list.span)
    message.append(position)
    return Array(copying: key.code(of: message.bytes).span.extracting(first: Self.codeCount))
  }
}
