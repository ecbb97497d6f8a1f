using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Penstock.Http.Responses;

namespace Penstock.Http.StaticFiles;

/// <summary>What is told of a file: its length, type and validators.</summary>
internal readonly record struct FileEntry(
    long Length, DateTimeOffset LastModified, bool IsDateStrong, byte[] MediaType, byte[] Tag)
{
    /// <param name="file">The file.</param>
    /// <param name="name">What it is called, for its type.</param>
    /// <param name="date">The date that its response will carry, in whole seconds.</param>
    public static FileEntry Of(SafeFileHandle file, ReadOnlySpan<byte> name, DateTimeOffset date)
    {
        long length = RandomAccess.GetLength(file);
        DateTime modified = File.GetLastWriteTimeUtc(file);
        string tag = string.Create(CultureInfo.InvariantCulture, $"\"{modified.Ticks:x}-{length:x}\"");

        // The date that clients send back has whole seconds. It must not be later than that of the response (RFC 9110,
        // section 8.8.2.1): clocks differ, and ours is read a few times a second.
        var second = new DateTimeOffset(modified.Ticks - (modified.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        DateTimeOffset told = second < date ? second : date;
        return new FileEntry(length, told, told < date, MediaTypes.Of(name), Encoding.ASCII.GetBytes(tag));
    }

    public void AddValidators(HttpResponse response)
    {
        Span<byte> date = stackalloc byte[HttpDate.Length];
        HttpDate.Write(LastModified, date);
        response.AddHeader("ETag"u8, Tag);
        response.AddHeader("Last-Modified"u8, date);
    }
}
