<?php
// Installs WordPress with its own code, fills it with comments.json, and prints what a client needs to sign in.
// Called as: php setup.php WORDPRESS_FOLDER COMMENTS_JSON
define('WP_INSTALLING', true);
[, $folder, $comments] = $argv;
$_SERVER['HTTP_HOST'] = getenv('SITE_HOST');
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require $folder . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install('The practice', 'owner', 'owner@practice.example', false, '', wp_generate_password());
foreach ([1, 2, 3] as $sample) {
    wp_delete_post($sample, true);
}
update_option('permalink_structure', '/%postname%/');
flush_rewrite_rules(false);

$site = json_decode(file_get_contents($comments), true, 512, JSON_THROW_ON_ERROR);
foreach ($site['posts'] as $post) {
    $id = wp_insert_post([
        'import_id' => $post['id'], 'post_title' => $post['slug'], 'post_name' => $post['slug'],
        'post_content' => $post['slug'], 'post_status' => 'publish', 'post_author' => 1,
        'comment_status' => $post['comment_status'],
    ], true);
    if ($id !== $post['id']) {
        throw new Exception('a post could not be made');
    }
}

// Written as they are, so that what a client reads can be compared to the letter.
global $wpdb;
$approved = ['approved' => '1', 'hold' => '0', 'spam' => 'spam', 'trash' => 'trash'];
$insert = function (array $comment) use ($wpdb, $approved) {
    $date = str_replace('T', ' ', $comment['date_gmt']);
    $row = [
        'comment_ID' => $comment['id'], 'comment_post_ID' => $comment['post'], 'comment_parent' => $comment['parent'],
        'user_id' => $comment['author'], 'comment_author' => $comment['author_name'],
        'comment_author_email' => 'somebody@patients.example', 'comment_author_IP' => '192.0.2.1',
        'comment_date' => $date, 'comment_date_gmt' => $date, 'comment_content' => $comment['content'],
        'comment_approved' => $approved[$comment['status']], 'comment_type' => 'comment',
    ];
    if (!$wpdb->insert($wpdb->comments, $row)) {
        throw new Exception('a comment could not be made');
    }
};
foreach ($site['comments'] as $comment) {
    $insert($comment);
}
// More than a page of them.
for ($n = 0; $n < $site['older']['count']; $n++) {
    $insert(['id' => $site['older']['first_id'] + $n] + $site['older']['comment']);
}

foreach ($site['users'] as $user) {
    $id = wp_insert_user([
        'user_login' => $user['name'], 'user_email' => $user['name'] . '@practice.example',
        'display_name' => $user['name'], 'role' => $user['role'], 'user_pass' => wp_generate_password(),
    ]);
    if ($id !== $user['id']) {
        throw new Exception('a user could not be made');
    }
    [$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'pagewarden']);
    printf("export PAGEWARDEN_WORDPRESS_%s_PASSWORD=%s\n", strtoupper($user['name']), $password);
}
