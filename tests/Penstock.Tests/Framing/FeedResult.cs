using System.Buffers;
using System.Text;

namespace Penstock.Tests.Framing;

/// <summary>The frames a stream was cut into, and the status of the bytes after the last frame.</summary>
internal sealed record FeedResult(IReadOnlyList<byte[]> Frames, OperationStatus Status)
{
    /// <summary>One line that two results share exactly when they are equal: frames in hexadecimal.</summary>
    public string Hex => Show(Convert.ToHexString);

    /// <summary>The same with frames as ASCII text.</summary>
    public string Text => Show(Encoding.ASCII.GetString);

    private string Show(Func<byte[], string> show) =>
        string.Concat(Frames.Select(frame => $"[{show(frame)}] ")) + Status;
}
