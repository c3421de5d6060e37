// Verifies access tokens with the classes of the JDK (17 or newer): java Verify.java
// Reads a token from each line of standard input.

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class Verify {
    private static final String ISSUER = System.getenv("ISSUER");
    private static final String CLIENT_ID = System.getenv("CLIENT_ID");
    private static final Keys KEYS = new Keys(URI.create(System.getenv("JWKS_URI")));

    public static void main(String[] args) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String token; (token = lines.readLine()) != null; ) {
            try {
                System.out.println("accepted " + verify(token).get("sub"));
            } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
                System.out.println("rejected: " + e.getMessage());
            }
        }
    }

    /** Returns the claims of a valid access token. */
    static Map<?, ?> verify(String token) throws GeneralSecurityException, IOException {
        String[] parts = token.split("\\.", -1);
        require(parts.length == 3, "not a JWT");
        Map<?, ?> header = object(decode(parts[0]));
        require("RS256".equals(header.get("alg")), "not signed with RS256");
        require(header.get("crit") == null, "unknown extensions");
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initVerify(KEYS.get(String.valueOf(header.get("kid"))));
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        require(signature.verify(decode(parts[2])), "invalid signature");

        Map<?, ?> claims = object(decode(parts[1]));
        require(ISSUER.equals(claims.get("iss")), "another issuer");
        require(claims.get("exp") instanceof Number exp && Instant.now().getEpochSecond() < exp.longValue(), "expired");
        require("access".equals(claims.get("token_use")), "not an access token");
        require(CLIENT_ID.equals(claims.get("client_id")), "a token of another client");
        return claims;
    }

    static void require(boolean condition, String otherwise) throws GeneralSecurityException {
        if (!condition) {
            throw new GeneralSecurityException(otherwise);
        }
    }

    static byte[] decode(String text) {
        return Base64.getUrlDecoder().decode(text);
    }

    static Map<?, ?> object(byte[] json) {
        if (new Json(new String(json, StandardCharsets.UTF_8)).document() instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("not a JSON object");
    }

    /** The public keys of the pool. An unknown key ID reads them again, but not more often than every 30 seconds. */
    static class Keys {
        private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        private final URI uri;
        private Map<String, PublicKey> keys = Map.of();
        private Instant next = Instant.MIN;

        Keys(URI uri) {
            this.uri = uri;
        }

        synchronized PublicKey get(String kid) throws GeneralSecurityException, IOException {
            if (!keys.containsKey(kid) && Instant.now().isAfter(next)) {
                keys = read();
                next = Instant.now().plusSeconds(30);
            }
            require(keys.containsKey(kid), "unknown key");
            return keys.get(kid);
        }

        private Map<String, PublicKey> read() throws GeneralSecurityException, IOException {
            HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
            HttpResponse<byte[]> response;
            try {
                response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            require(response.statusCode() == 200, uri + ": status " + response.statusCode());
            Map<String, PublicKey> found = new HashMap<>();
            for (Object entry : (List<?>) object(response.body()).get("keys")) {
                Map<?, ?> key = (Map<?, ?>) entry;
                BigInteger modulus = new BigInteger(1, decode((String) key.get("n")));
                BigInteger exponent = new BigInteger(1, decode((String) key.get("e")));
                RSAPublicKeySpec spec = new RSAPublicKeySpec(modulus, exponent);
                found.put((String) key.get("kid"), KeyFactory.getInstance("RSA").generatePublic(spec));
            }
            return found;
        }
    }

    /** A parser for JSON, which the JDK does not have. Applications use their JSON library instead. */
    static class Json {
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        Object document() {
            Object value = value(0);
            check(peek() == 0);
            return value;
        }

        private Object value(int depth) {
            check(depth < 64);
            switch (peek()) {
                case '{':
                    Map<String, Object> map = new HashMap<>();
                    for (char end = next(); end != '}'; end = next()) {
                        if (map.isEmpty() && take('}')) {
                            return map;
                        }
                        check(peek() == '"');
                        String name = string();
                        check(next() == ':' && !map.containsKey(name));
                        map.put(name, value(depth + 1));
                        check(peek() == ',' || peek() == '}');
                    }
                    return map;
                case '[':
                    List<Object> list = new ArrayList<>();
                    for (char end = next(); end != ']'; end = next()) {
                        if (list.isEmpty() && take(']')) {
                            return list;
                        }
                        list.add(value(depth + 1));
                        check(peek() == ',' || peek() == ']');
                    }
                    return list;
                case '"':
                    return string();
                default:
                    return literal();
            }
        }

        private String string() {
            check(next() == '"');
            StringBuilder value = new StringBuilder();
            while (true) {
                check(at < text.length());
                char c = text.charAt(at++);
                if (c == '"') {
                    return value.toString();
                }
                check(c >= ' ');
                value.append(c == '\\' ? escaped() : c);
            }
        }

        private char escaped() {
            check(at < text.length());
            char c = text.charAt(at++);
            if (c == 'u') {
                check(at + 4 <= text.length());
                at += 4;
                return (char) Integer.parseInt(text.substring(at - 4, at), 16);
            }
            int i = "\"\\/bfnrt".indexOf(c);
            check(i >= 0);
            return "\"\\/\b\f\n\r\t".charAt(i);
        }

        private Object literal() {
            int start = at;
            while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String word = text.substring(start, at);
            return switch (word) {
                case "true" -> true;
                case "false" -> false;
                case "null" -> null;
                default -> Double.valueOf(word);
            };
        }

        /** Returns the next character that is not white space, or 0 at the end. */
        private char peek() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : 0;
        }

        private char next() {
            char c = peek();
            at++;
            return c;
        }

        private boolean take(char c) {
            boolean found = peek() == c;
            if (found) {
                at++;
            }
            return found;
        }

        private void check(boolean condition) {
            if (!condition) {
                throw new IllegalArgumentException("invalid JSON");
            }
        }
    }
}
