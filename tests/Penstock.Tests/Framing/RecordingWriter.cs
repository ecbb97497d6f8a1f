using System.Buffers;

namespace Penstock.Tests.Framing;

/// <summary>A writer that counts how often it is asked for room and told of bytes.</summary>
internal sealed class RecordingWriter : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _written = new();

    public int Requests { get; private set; }

    public int Advances { get; private set; }

    public string Hex => Convert.ToHexString(_written.WrittenSpan);

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Requests++;
        return _written.GetSpan(sizeHint);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Requests++;
        return _written.GetMemory(sizeHint);
    }

    public void Advance(int count)
    {
        Advances++;
        _written.Advance(count);
    }
}
