using System.Text;
using Penstock.Drivers;

namespace Penstock.Http.Tests.Scripted;

/// <summary>The other end of one scripted connection, and everything that was sent to it.</summary>
internal sealed class ScriptedPeer(ScriptedDriver driver, SlotKey slot)
{
    private readonly List<byte> _received = [];

    /// <summary>False for a peer that takes nothing until it is told to.</summary>
    public bool Reads { get; set; } = true;

    /// <summary>False where only the number of bytes matters and keeping them would cost memory.</summary>
    public bool KeepsBytes { get; set; } = true;

    public bool HasSeenFin { get; set; }

    public bool IsClosed { get; private set; }

    public bool WasReset { get; private set; }

    public long ReceivedBytes { get; private set; }

    public int Sends { get; private set; }

    public string Received => Encoding.Latin1.GetString([.. _received]);

    private int Outstanding { get; set; }

    public void Send(byte[] data) => driver.Deliver(slot, data);

    public void SendFin() => driver.Deliver(slot, []);

    /// <summary>Takes what is outstanding now and whatever follows.</summary>
    public void StartReading()
    {
        Reads = true;
        if (Outstanding > 0)
            driver.CompleteSend(slot, Outstanding);
        Outstanding = 0;
    }

    public unsafe void OnSend(ReadOnlySpan<SendSegment> segments)
    {
        Sends++;
        int total = SendSegment.TotalLength(segments);
        ReceivedBytes += total;
        if (KeepsBytes)
        {
            foreach (SendSegment segment in segments)
                _received.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        }

        if (Reads)
            driver.CompleteSend(slot, total);
        else
            Outstanding = total;
    }

    public void OnClosed(CloseMode mode)
    {
        IsClosed = true;
        WasReset = mode == CloseMode.Reset;
    }
}
