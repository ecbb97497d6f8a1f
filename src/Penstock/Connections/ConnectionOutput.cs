using System.Diagnostics;
using System.Runtime.CompilerServices;
using Penstock.Buffers;
using Penstock.Drivers;
using Penstock.Timing;

namespace Penstock.Connections;

/// <summary>
/// What is on its way to the peer: the bytes that are staged, and whether a send of them is outstanding. A mutable
/// struct that lives in its connection and is never copied.
/// </summary>
internal struct ConnectionOutput(ConnectionLoop loop)
{
    private const int MaxSegmentsPerSend = 64;

    /// <summary>Bytes staged, those of an outstanding send included.</summary>
    public SendQueue Staged = new(loop.Blocks);

    /// <summary>True exactly while a send is outstanding: the driver reads the front of <see cref="Staged"/>.</summary>
    public bool IsSending { get; private set; }

    /// <summary>Bytes at the front that the outstanding send covers.</summary>
    public int BusyBytes { get; private set; }

    /// <summary>Hands everything staged to the driver, which will complete with how much of it was taken.</summary>
    [SkipLocalsInit]
    public void Send(SlotKey key, DeadlineList stall)
    {
        Debug.Assert(!IsSending && !Staged.IsEmpty, "one send at a time, and never an empty one");
        Span<SendSegment> segments = stackalloc SendSegment[MaxSegmentsPerSend];
        int count = Staged.FillSegments(segments);
        BusyBytes = SendSegment.TotalLength(segments[..count]);
        IsSending = true;
        loop.Statistics.Sends++;
        new ConnectionDeadlines(loop, key.Index).EnsureSend(stall);
        loop.Driver.Send(key, segments[..count]);
    }

    /// <summary>The outstanding send ended, with so many bytes taken.</summary>
    public void Sent(SlotKey key, int count)
    {
        IsSending = false;
        BusyBytes = 0;
        if (count <= 0)
            return;
        Staged.Consume(count);
        loop.Statistics.SentBytes += count;
        new ConnectionDeadlines(loop, key.Index).CancelSend();
    }

    /// <summary>The socket is closed: nothing reads the bytes any more.</summary>
    public void Clear()
    {
        IsSending = false;
        Staged.Clear();
    }
}
