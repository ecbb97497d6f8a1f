using Microsoft.Win32.SafeHandles;

namespace Penstock.Http.StaticFiles;

/// <summary>A part of a file on its way to a client.</summary>
internal sealed class FileStreaming(SafeFileHandle file, long position, long remaining) : IDisposable
{
    private long _position = position;
    private long _remaining = remaining;

    /// <summary>
    /// Reads straight into the send queue until it is full or everything is written; returns whether everything is.
    /// </summary>
    /// <exception cref="EndOfStreamException">The file has become shorter than was announced.</exception>
    public bool WriteTo(HttpResponse response)
    {
        while (_remaining > 0 && response.WantsMore)
        {
            Span<byte> room = response.GetSpan();
            int wanted = (int)Math.Min(room.Length, _remaining);
            int count = RandomAccess.Read(file, room[..wanted], _position);
            if (count == 0)
                throw new EndOfStreamException("A file became shorter while it was sent.");
            response.Advance(count);
            _position += count;
            _remaining -= count;
        }

        return _remaining == 0;
    }

    public void Dispose() => file.Dispose();
}
