using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Penstock.Kestrel.Tests;

/// <summary>Certificates made for one test run.</summary>
internal static class Certificates
{
    public static X509Certificate2 Server { get; } = Create("localhost", "1.3.6.1.5.5.7.3.1");

    public static X509Certificate2 Client { get; } = Create("penstock-client", "1.3.6.1.5.5.7.3.2");

    private static X509Certificate2 Create(string name, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
