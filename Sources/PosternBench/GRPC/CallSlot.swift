/// One call of a batch: where its request is, and what has been seen of its answer.
struct CallSlot {
  var bodyStart = 0
  var isOK = false
  var message: [UInt8] = []
}
