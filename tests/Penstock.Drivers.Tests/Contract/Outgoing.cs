namespace Penstock.Drivers.Tests.Contract;

/// <summary>Bytes on their way out through partial sends.</summary>
internal sealed class Outgoing
{
    private byte[] _bytes = [];
    private int _taken;
    private int _segmentLength;
    private int _maxSegments;

    public int Left => Error == 0 ? _bytes.Length - _taken : 0;

    /// <summary>0, or the <c>-errno</c> that ended it.</summary>
    public int Error { get; private set; }

    /// <param name="pinned">What to send.</param>
    /// <param name="segmentLength">How long each segment of a send is.</param>
    /// <param name="maxSegments">How many segments a send has at most.</param>
    public void Begin(byte[] pinned, int segmentLength, int maxSegments)
    {
        Assert.Equal(0, Left);
        _bytes = pinned;
        _taken = 0;
        _segmentLength = segmentLength;
        _maxSegments = maxSegments;
    }

    public SendSegment[] NextSegments()
    {
        var segments = new List<SendSegment>();
        for (int at = _taken; at < _bytes.Length && segments.Count < _maxSegments; at += _segmentLength)
            segments.Add(Payload.Segment(_bytes, at, Math.Min(_segmentLength, _bytes.Length - at)));
        return [.. segments];
    }

    public void OnSent(int result)
    {
        if (result < 0)
            Error = result;
        else if (_taken < _bytes.Length)
            _taken += result;
    }
}
