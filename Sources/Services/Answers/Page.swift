internal import Messages

/// Counts what is put on a page, and knows what asks for the next one: the key of the page's last
/// item. One item more is looked at, to know whether there is a next page.
struct Page {
  private let size: Int
  private var count = 0
  private var last: [UInt8] = []
  /// What asks for the next page; empty when this is the last.
  private(set) var nextToken: [UInt8] = []

  init(size: Int) { self.size = size }

  /// Whether the item of this key still belongs on the page.
  mutating func admits(_ key: Span<UInt8>) -> Bool {
    guard count < size else {
      nextToken = last
      return false
    }
    count += 1
    if count == size { last = Array(copying: key) }
    return true
  }
}
