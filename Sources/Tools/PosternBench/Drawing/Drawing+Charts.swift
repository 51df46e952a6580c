// The layout of the pictures: a frame for the axes, and what stands beside it.
extension Chart {
  private static let width = 760.0
  private static let left = 76.0
  private static let right = 540.0
  private static let top = 48.0
  private static let bottom = 344.0

  var svg: String {
    var drawing = Drawing(title: title, width: Self.width, height: 408)
    for mark in y.marks {
      let place = place(y: mark.value)
      drawing.addLine(x: (Self.left, Self.right), y: (place, place), style: "grid")
      drawing.addText(mark.text, x: Self.left - 8, y: place + 4, .end)
    }
    for mark in x.marks {
      let place = place(x: mark.value)
      drawing.addLine(x: (place, place), y: (Self.top, Self.bottom), style: "grid")
      drawing.addText(mark.text, x: place, y: Self.bottom + 18, .middle)
    }
    drawing.addLine(x: (Self.left, Self.right), y: (Self.bottom, Self.bottom), style: "axis")
    drawing.addLine(x: (Self.left, Self.left), y: (Self.top, Self.bottom), style: "axis")
    drawing.addText(x.title, x: (Self.left + Self.right) / 2, y: Self.bottom + 44, .middle)
    let middle = (Self.top + Self.bottom) / 2
    drawing.addText(y.title, x: 18, y: middle, .middle, turned: -90)
    for (index, line) in series.enumerated() {
      let points = line.points.map { (x: place(x: $0.x), y: place(y: $0.y)) }
      drawing.addPath(points, series: index)
      for point in points { drawing.addDot(x: point.x, y: point.y, series: index) }
      let row = Self.top + 10 + Double(index) * 20
      drawing.addBar(x: Self.right + 18, y: row - 9, width: 12, height: 10, series: index)
      drawing.addText(line.name, x: Self.right + 36, y: row, .start)
    }
    return drawing.svg
  }

  private func place(x value: Double) -> Double {
    Self.left + x.position(value) * (Self.right - Self.left)
  }

  private func place(y value: Double) -> Double {
    Self.bottom - y.position(value) * (Self.bottom - Self.top)
  }
}

extension Bars {
  private static let left = 250.0
  private static let right = 640.0
  private static let top = 44.0
  private static let step = 26.0

  var svg: String {
    let bottom = Self.top + Double(bars.count) * Self.step
    var drawing = Drawing(title: title, width: 760, height: bottom + 60)
    for mark in axis.marks {
      let place = Self.left + axis.position(mark.value) * (Self.right - Self.left)
      drawing.addLine(x: (place, place), y: (Self.top, bottom), style: "grid")
      drawing.addText(mark.text, x: place, y: bottom + 18, .middle)
    }
    drawing.addText(axis.title, x: (Self.left + Self.right) / 2, y: bottom + 44, .middle)
    for (index, bar) in bars.enumerated() {
      let row = Self.top + Double(index) * Self.step
      let width = axis.position(bar.value) * (Self.right - Self.left)
      drawing.addText(bar.name, x: Self.left - 10, y: row + 18, .end)
      drawing.addBar(
        x: Self.left, y: row + 5, width: width, height: Self.step - 9, series: index % 2)
      drawing.addText(bar.text, x: Self.left + width + 8, y: row + 18, .start)
    }
    return drawing.svg
  }
}
