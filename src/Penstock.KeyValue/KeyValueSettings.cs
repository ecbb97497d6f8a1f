using System.Security.Cryptography;
using System.Text;

namespace Penstock.KeyValue;

/// <summary>What CONFIG SET may change while the server runs. Any loop reads it.</summary>
internal sealed class KeyValueSettings
{
    private readonly byte[] _digestKey = RandomNumberGenerator.GetBytes(32);
    private byte[]? _passwordDigest;
    private long _maxMemoryBytes;
    private volatile MemoryPolicy _memoryPolicy;

    public KeyValueSettings(KeyValueOptions options)
    {
        MaxMemoryBytes = options.MaxMemoryBytes;
        MemoryPolicy = options.MemoryPolicy;
        SetPassword(Encoding.UTF8.GetBytes(options.Password ?? ""));
    }

    public long MaxMemoryBytes
    {
        get => Volatile.Read(ref _maxMemoryBytes);
        set => Volatile.Write(ref _maxMemoryBytes, value);
    }

    public MemoryPolicy MemoryPolicy
    {
        get => _memoryPolicy;
        set => _memoryPolicy = value;
    }

    public bool HasPassword => Volatile.Read(ref _passwordDigest) is not null;

    /// <param name="password">Any bytes; none for no password.</param>
    public void SetPassword(ReadOnlySpan<byte> password) =>
        Volatile.Write(ref _passwordDigest, password.IsEmpty ? null : Digest(password));

    /// <summary>
    /// Whether this is the password. Digests under a key of this process are compared, so the time that it takes tells
    /// neither how much of it is right nor how long the right one is.
    /// </summary>
    public bool IsPassword(ReadOnlySpan<byte> candidate) =>
        Volatile.Read(ref _passwordDigest) is { } digest
        && CryptographicOperations.FixedTimeEquals(Digest(candidate), digest);

    private byte[] Digest(ReadOnlySpan<byte> password) => HMACSHA256.HashData(_digestKey, password);
}
