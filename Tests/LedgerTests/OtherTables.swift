internal import Platform

/// The head of a ledger, as a version whose tables have another number would have written it. Such
/// a ledger gets its tables made anew when it is opened.
func headOfOtherTables(_ head: [UInt8]) -> [UInt8] {
  var head = head
  // Byte 48 is the number of the tables; the last four are the checksum of those before.
  head[48] &+= 1
  let checksum = CRC32C.checksum(head.span.extracting(0..<61))
  for index in 0..<4 {
    head[61 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
  }
  return head
}
