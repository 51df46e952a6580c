internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

/// One page of a list: where it begins, when it is full, and the token of the next page.
///
/// For each row a list asks whether the page `reaches` it, and adds the row's item unless a filter
/// drops it. A page ends after as many items as were asked for, or earlier: after `maximumBytes` of
/// them, or when the time of the step is over, so that a filter that nothing passes stays cheap. So
/// a page may hold few items, or none, and not be the last.
struct Page {
  /// The position behind which the page begins; empty at the beginning of the list.
  let start: [UInt8]
  private let tokens: PageTokens
  private let size: Int
  private var itemCount = 0
  private var byteCount = 0
  private var step: StepBudget
  /// The position of the last row that was reached.
  private var last: [UInt8] = []
  /// The token of the next page; empty when this is the last.
  private(set) var nextToken: [UInt8] = []

  /// The items end once they take so many bytes. The last one may go beyond: an answer stays far
  /// below the 4 MiB that a frame of ttrpc can hold, and that many clients of gRPC accept.
  private static let maximumBytes = 1 << 20
  /// More than what a field of an answer takes beside its item.
  private static let fieldByteCount = 8

  /// A page of at most `size` items behind the position that the request's page token holds.
  init(start: [UInt8], size: Int, _ tokens: PageTokens, _ step: StepBudget) {
    self.start = start
    self.step = step
    self.size = size
    self.tokens = tokens
    last = start
  }

  /// Whether the row at a position still belongs to the page.
  mutating func reaches(_ position: Span<UInt8>) -> Bool {
    guard !isFull else {
      nextToken = tokens.text(of: last.span)
      return false
    }
    step.spend()
    last.removeAll(keepingCapacity: true)
    for index in position.indices { last.append(position[index]) }
    return true
  }

  /// Counts an item of the row that was reached last.
  mutating func add<Item: EncodableMessage & ~Escapable>(_ item: Item) {
    itemCount += 1
    let count = item.encodedByteCount + Self.fieldByteCount
    byteCount += count
    step.spend(rows: count / 256)
  }

  /// Every reason for which a page ends.
  private var isFull: Bool {
    itemCount >= size || byteCount >= Self.maximumBytes || step.isSpent
  }
}

extension PosternServices {
  /// The page that a request asks for.
  func page<Request: MessageView & ~Escapable>(
    of method: Method, _ request: Request, size: Int32, token: Span<UInt8>,
    _ snapshot: borrowing Snapshot
  ) throws(Status) -> Page {
    let tokens = PageTokens(of: method, request, pageKey)
    return Page(
      start: try tokens.position(of: token), size: try Fields.pageSize(size, limits), tokens,
      snapshot.step)
  }
}

/// Makes and reads the page tokens of one list: those of one method whose request says the same in
/// all fields but the page token, the size of a page, the least revision with its epoch, what the
/// answer waits for, and the caller.
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
  private static let maximumTextBytes = 1024
  private static let freeFields = [
    "page_size", "page_token", "at_least_revision", "ledger_epoch", "bearer", "wait",
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
    var text = ByteBuffer()
    Base64.encode(token.span, as: .forURLs, into: &text)
    return Array(copying: text.bytes)
  }

  /// The position that a token holds; empty for no token, which is the beginning.
  func position(of text: Span<UInt8>) throws(Status) -> [UInt8] {
    guard !text.isEmpty else { return [] }
    guard text.count <= Self.maximumTextBytes, let token = Base64.bytes(ofTextForURLs: text),
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
      "`page_token` belongs to another list, or to other values of the other fields", "page_token")
  }

  private func code(of position: Span<UInt8>) -> [UInt8] {
    var message = ByteBuffer()
    message.append(littleEndian: UInt64(list.count))
    message.append(list.span)
    message.append(position)
    return Array(copying: key.code(of: message.bytes).span.extracting(first: Self.codeCount))
  }
}
