using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Penstock.Http.Responses;

namespace Penstock.Http.StaticFiles;

/// <summary>What is told of a file: its length, type and validators.</summary>
internal readonly record struct FileEntry(long Length, DateTimeOffset LastModified, byte[] MediaType, byte[] Tag)
{
    public static FileEntry Of(SafeFileHandle file, string name)
    {
        long length = RandomAccess.GetLength(file);
        DateTime modified = File.GetLastWriteTimeUtc(file);
        string tag = string.Create(CultureInfo.InvariantCulture, $"\"{modified.Ticks:x}-{length:x}\"");

        // The date that clients send back has whole seconds.
        var second = new DateTimeOffset(modified.Ticks - (modified.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        return new FileEntry(length, second, MediaTypes.Of(name), Encoding.ASCII.GetBytes(tag));
    }

    public void AddValidators(HttpResponse response)
    {
        Span<byte> date = stackalloc byte[HttpDate.Length];
        HttpDate.Write(LastModified, date);
        response.AddHeader("ETag"u8, Tag);
        response.AddHeader("Last-Modified"u8, date);
    }
}
